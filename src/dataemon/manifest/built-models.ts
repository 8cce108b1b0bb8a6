import { z } from 'zod';
import { fingerprintSchema, type Fingerprint } from './fingerprint.js';
import { graphOf } from './graph.js';
import { manifestSchema } from './manifest.js';

/** What each model that stands in the database was made of, by id. */
export type BuiltModels = ReadonlyMap<string, Fingerprint>;

const format = 'cht-sync/1';
const storedSchema = z.object({
  format: z.literal(format),
  models: z.record(z.string(), fingerprintSchema),
});

/** As it is stored in `_dataemon.manifest`: fingerprints, not the texts; a manifest of dbt has megabytes. */
export function toStored(built: BuiltModels): z.infer<typeof storedSchema> {
  return { format, models: Object.fromEntries([...built].sort(([a], [b]) => (a < b ? -1 : 1))) };
}

/** Reads what is stored: ours, or dbt's whole manifest.json as medic/cht-sync v2 keeps it. Else undefined. */
export function fromStored(stored: unknown): BuiltModels | undefined {
  const ours = storedSchema.safeParse(stored);
  if (ours.success) return new Map(Object.entries(ours.data.models));
  const dbts = manifestSchema.safeParse(stored);
  if (!dbts.success) return undefined;
  return new Map([...graphOf(dbts.data)].map(([id, { fingerprint }]) => [id, fingerprint]));
}

/** Whether both say the same. */
export function sameBuilt(a: BuiltModels, b: BuiltModels): boolean {
  return JSON.stringify(toStored(a)) === JSON.stringify(toStored(b));
}
