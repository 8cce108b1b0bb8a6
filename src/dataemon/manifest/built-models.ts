import { z } from 'zod';
import { differences, fingerprintSchema } from './fingerprint.js';
import { graphOf } from './graph.js';
import { manifestSchema } from './manifest.js';

const builtSchema = fingerprintSchema.extend({
  /** When it was last made anew, which tells one time from the next; unknown of what medic/cht-sync v2 has built. */
  builtAt: z.string().optional(),
});

/** What a model that stands in the database was made of. */
export type BuiltModel = z.infer<typeof builtSchema>;

/** What each model that stands in the database was made of, by id. */
export type BuiltModels = ReadonlyMap<string, BuiltModel>;

/** What a dataemon remembers of what stands in the database. */
export interface BuiltRecord {
  /** The models that it builds, and those that others build as they were when what reads them was built. */
  readonly built: BuiltModels;
  /** Which of them it builds itself. */
  readonly own: ReadonlySet<string>;
  /** Those that are being made anew: should it end before they are done, nobody knows what stands of them. */
  readonly underWay: Iterable<string>;
}

/** The format of what is stored; to be changed with its meaning. */
export const storedFormat = 'cht-sync/2';

const modelsSchema = z.record(z.string(), builtSchema);
const storedSchema = z.object({
  format: z.literal(storedFormat),
  models: modelsSchema,
  models_of_others: modelsSchema,
  under_way: z.array(z.string()),
});

/** As it is stored in `_dataemon.manifest`: fingerprints, not the texts; a manifest of dbt has megabytes. */
export function toStored({ built, own, underWay }: BuiltRecord): z.infer<typeof storedSchema> {
  const those = (wanted: (id: string) => boolean) => Object.fromEntries(sorted(built).filter(([id]) => wanted(id)));
  return {
    format: storedFormat,
    models: those((id) => own.has(id)),
    models_of_others: those((id) => !own.has(id)),
    under_way: [...underWay],
  };
}

/**
 * Reads what is stored: ours, or dbt's whole manifest.json as medic/cht-sync v2 keeps it. Else undefined. Models that were
 * being made anew are left out: the table may be the old one or the new one.
 */
export function fromStored(stored: unknown): BuiltModels | undefined {
  const ours = storedSchema.safeParse(stored);
  if (ours.success) {
    const { models, models_of_others: ofOthers, under_way: underWay } = ours.data;
    return new Map(Object.entries({ ...models, ...ofOthers }).filter(([id]) => !underWay.includes(id)));
  }
  const dbts = manifestSchema.safeParse(stored);
  if (!dbts.success) return undefined;
  return new Map([...graphOf(dbts.data)].map(([id, { fingerprint }]) => [id, fingerprint]));
}

/** Reads models as they are stored by a dataemon that builds them itself; those that cannot be read are left out. */
export function ownModels(stored: readonly (readonly [id: string, model: unknown])[]): BuiltModels {
  const read = stored.map(([id, model]) => [id, builtSchema.safeParse(model).data] as const);
  return new Map(read.filter((entry): entry is [string, BuiltModel] => entry[1] !== undefined));
}

/** Whether both say the same. */
export function sameBuilt(a: BuiltModels, b: BuiltModels): boolean {
  return JSON.stringify(sorted(a)) === JSON.stringify(sorted(b));
}

/** Whether a model was neither changed nor made anew between two looks at it. */
export function isSameBuild(before: BuiltModel, after: BuiltModel): boolean {
  return before.builtAt === after.builtAt && differences(before, after).length === 0;
}

function sorted(built: BuiltModels): [string, BuiltModel][] {
  return [...built].sort(([a], [b]) => (a < b ? -1 : 1));
}
