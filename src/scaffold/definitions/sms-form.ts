import { z } from 'zod';
import type { Kind } from '../values/kind.js';
import type { FieldDefinition, FormDefinition } from './definition.js';

const label = z.union([z.string(), z.record(z.string(), z.unknown())]);
const fieldSchema = z.object({
  type: z.string().optional().catch(undefined),
  position: z.number().optional().catch(undefined),
  labels: z.object({ short: label.optional(), tiny: label.optional() }).optional().catch(undefined),
});
const formSchema = z.object({
  meta: z.object({ label: label.optional() }).optional().catch(undefined),
  fields: z.record(z.string(), fieldSchema.catch({})).optional().catch(undefined),
});

/** The kinds of what CHT makes of the parts of a message; `string` and others are text. */
const kinds: Readonly<Record<string, Kind>> = {
  integer: 'integer',
  number: 'number',
  boolean: 'boolean',
  date: 'epoch',
  bsDate: 'epoch',
};

/** The forms that the settings define for messages (SMS), by their codes. */
export function smsForms(forms: unknown): ReadonlyMap<string, FormDefinition> {
  const read = z.record(z.string(), formSchema.catch({})).catch({}).parse(forms);
  return new Map(
    Object.entries(read).map(([code, { meta, fields = {} }]) => {
      const title = wordsOf(meta?.label);
      const inOrder = Object.entries(fields).sort(([, one], [, other]) => (one.position ?? 0) - (other.position ?? 0));
      return [code, { ...(title === undefined ? {} : { title }), fields: inOrder.map(field), repeats: [] }];
    }),
  );
}

function field([name, { type = '', labels }]: [string, z.infer<typeof fieldSchema>]): FieldDefinition {
  const words = wordsOf(labels?.short ?? labels?.tiny);
  const kind = kinds[type];
  return {
    // A dot in the name makes a group.
    path: name.split('.'),
    ...(kind === undefined ? {} : { kind }),
    ...(words === undefined ? {} : { label: words }),
  };
}

function wordsOf(given: z.infer<typeof label> | undefined): string | undefined {
  const words = typeof given === 'object' ? (given.en ?? Object.values(given)[0]) : given;
  return typeof words === 'string' && words !== '' ? words : undefined;
}
