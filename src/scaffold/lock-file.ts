import { z } from 'zod';
import { SyncError } from '../lib/index.js';
import { kinds } from './values/kind.js';

/** The file in a package that tells what was generated last: commit it together with the package. */
export const lockFileName = '.cht-sync-scaffold.json';

const knownColumnSchema = z.object({
  /** The name of the column. */
  name: z.string(),
  kind: z.enum(kinds).optional(),
  share: z.number(),
  choices: z.array(z.string()).optional(),
});

/** What was known of a table, and of the repeats below it. */
export interface KnownModel {
  /** The name of the model. */
  readonly model: string;
  /** By the key of the field's path. */
  readonly columns: Readonly<Record<string, z.infer<typeof knownColumnSchema>>>;
  /** By the key of the repeat's path. */
  readonly repeats: Readonly<Record<string, KnownModel>>;
}

/** As `z.record`, which leaves out a key that is called `__proto__`; a form or a field may be. */
function byName<Value>(schema: z.ZodType<Value>): z.ZodType<Readonly<Record<string, Value>>> {
  const entries = z.array(z.tuple([z.string(), schema]));
  return z.unknown().transform((value, context): Readonly<Record<string, Value>> => {
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    const read = entries.safeParse(isObject ? Object.entries(value) : value);
    if (read.success) return Object.fromEntries(read.data);
    for (const { message, path } of read.error.issues) context.addIssue({ code: 'custom', message, path });
    return z.NEVER;
  });
}

const knownModelSchema: z.ZodType<KnownModel> = z.object({
  model: z.string(),
  columns: byName(knownColumnSchema),
  repeats: z.lazy(() => byName(knownModelSchema)),
});

const lockSchema = z.object({
  version: z.literal(1),
  /** The name of the package. */
  package: z.string(),
  forms: byName(knownModelSchema),
  contacts: byName(knownModelSchema),
  /** The lines of each file as it was generated last, by its path in the package. */
  files: byName(z.array(z.string())),
});

/** What a package was generated from last, and what was generated. */
export type Lock = Readonly<z.infer<typeof lockSchema>>;

/** Of a package that is not there yet. */
export function newLock(name: string): Lock {
  return { version: 1, package: name, forms: {}, contacts: {}, files: {} };
}

/** The text of the lock file. */
export function lockText(lock: Lock): string {
  return `${JSON.stringify(lock, undefined, 1)}\n`;
}

/**
 * Reads the text of a lock file.
 *
 * @throws SyncError SCAFFOLD_FOLDER_REFUSED when it is none of this version.
 */
export function readLock(text: string, path: string): Lock {
  const { data, error } = lockSchema.safeParse(parsed(text));
  if (data !== undefined) return data;
  throw new SyncError(
    'SCAFFOLD_FOLDER_REFUSED',
    `${path} cannot be used: ${z.prettifyError(error).split('\n')[0] ?? ''}`,
    {
      remedy: 'Restore it from version control; or, if a newer CHT Sync wrote it, use that one.',
    },
  );
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
