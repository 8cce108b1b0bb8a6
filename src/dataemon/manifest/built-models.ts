import { z } from 'zod';
import { fingerprintSchema } from './fingerprint.js';
import { graphOf } from './graph.js';
import { manifestSchema } from './manifest.js';

const builtSchema = fingerprintSchema.extend({
  /** When it was last made anew, in ISO 8601; unknown of what medic/cht-sync v2 has built. */
  builtAt: z.string().optional(),
  /** Of which build was each model that it reads, by id, as `buildOf` names it; unknown of what medic/cht-sync v2 has built. */
  read: z.record(z.string(), z.string()).optional(),
});

/** What a model that stands in the database was made of. */
export type BuiltModel = z.infer<typeof builtSchema>;

/** What each model that stands in the database was made of, by id. */
export type BuiltModels = ReadonlyMap<string, BuiltModel>;

/** What a dataemon remembers of what stands in the database. */
export interface BuiltRecord {
  /** The models that it builds. */
  readonly built: BuiltModels;
  /**
   * Those of which something else may stand, by id: the relation of before they were begun to be made anew, which says that
   * nothing has happened while it is there; null where there was none.
   */
  readonly doubtful: ReadonlyMap<string, string | null>;
}

export const emptyRecord: BuiltRecord = { built: new Map(), doubtful: new Map() };

/** The format of what is stored; to be changed with its meaning. */
export const storedFormat = 'cht-sync/2';

const storedSchema = z.object({
  format: z.literal(storedFormat),
  models: z.record(z.string(), builtSchema),
  doubtful: z.record(z.string(), z.string().nullable()),
});

/** As it is stored in `_dataemon.manifest`: fingerprints, not the texts; a manifest of dbt has megabytes. */
export function toStored({ built, doubtful }: BuiltRecord): z.infer<typeof storedSchema> {
  return { format: storedFormat, models: inOrder(built), doubtful: inOrder(doubtful) };
}

/** Reads what is stored: ours, or dbt's whole manifest.json as medic/cht-sync v2 keeps it. Else undefined. */
export function fromStored(stored: unknown): BuiltRecord | undefined {
  const ours = storedSchema.safeParse(stored);
  if (ours.success) {
    const { models, doubtful } = ours.data;
    return { built: new Map(Object.entries(models)), doubtful: new Map(Object.entries(doubtful)) };
  }
  const dbts = manifestSchema.safeParse(stored);
  if (!dbts.success) return undefined;
  const built = new Map([...graphOf(dbts.data)].map(([id, { fingerprint }]) => [id, fingerprint]));
  return { built, doubtful: new Map() };
}

/** Reads models as they are stored by a dataemon that builds them itself; those that cannot be read are left out. */
export function ownModels(stored: readonly (readonly [id: string, model: unknown])[]): BuiltModels {
  const read = stored.map(([id, model]) => [id, builtSchema.safeParse(model).data] as const);
  return new Map(read.filter((entry): entry is [string, BuiltModel] => entry[1] !== undefined));
}

/**
 * What stands in the database by the records of all selectors: of a model that several have built, what was built last.
 * A selector that is renamed, split or taken back finds what the others have left.
 */
export function merged(records: readonly BuiltRecord[]): BuiltRecord {
  const built = new Map<string, BuiltModel>();
  const doubtful = new Map<string, string | null>();
  for (const { built: models, doubtful: doubts } of records) {
    for (const [id, model] of models) {
      const order = compareBuilds(model, built.get(id));
      if (order > 0) {
        built.set(id, model);
        doubtful.delete(id);
      }
      const doubt = doubts.get(id);
      if (order >= 0 && doubt !== undefined && doubtful.get(id) !== null) doubtful.set(id, doubt);
    }
  }
  return { built, doubtful };
}

/** What tells one build of a model from the next: when it was, or what was built if that is not known. */
export function buildOf(model: BuiltModel): string {
  return (
    model.builtAt ??
    `of ${fingerprintSchema
      .keyof()
      .options.map((part) => model[part])
      .join(' ')}`
  );
}

/** Whether a dataemon has told of this build, rather than that it was taken for what the package makes. */
export function isTold(build: string): boolean {
  return !build.startsWith('of ');
}

/** Whether both say the same. */
export function sameRecord(a: BuiltRecord, b: BuiltRecord): boolean {
  return JSON.stringify(toStored(a)) === JSON.stringify(toStored(b));
}

function compareBuilds(model: BuiltModel, than: BuiltModel | undefined): number {
  if (than === undefined) return 1;
  const [at, thanAt] = [model.builtAt ?? '', than.builtAt ?? ''];
  return at === thanAt ? 0 : at > thanAt ? 1 : -1;
}

function inOrder<Value>(entries: ReadonlyMap<string, Value>): Record<string, Value> {
  return Object.fromEntries([...entries].sort(([a], [b]) => (a < b ? -1 : 1)));
}
