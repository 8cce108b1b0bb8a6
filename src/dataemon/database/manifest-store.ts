import { quoteIdentifier } from '../../postgres/index.js';
import {
  emptyRecord,
  fromStored,
  merged,
  ownModels,
  storedFormat,
  toStored,
  type BuiltModels,
  type BuiltRecord,
} from '../manifest/built-models.js';
import type { Session } from './session.js';

/** Where a selector's manifest is kept. */
export interface ManifestPlace {
  readonly schema: string;
  readonly selector?: string | undefined;
}

/** What is stored. */
export interface StoredRecord {
  /** That of all selectors together. */
  readonly record: BuiltRecord;
  /** That of this selector alone. */
  readonly ours: BuiltRecord;
  /** When this selector's was written; undefined when it has none. */
  readonly writtenOn: string | undefined;
}

/** What was last built with success of the models that this selector builds, by whatever selector. */
export async function readRecord(session: Session, { schema, selector = '' }: ManifestPlace): Promise<StoredRecord> {
  const rows = await session.query<{ selector: string; written_on: string; manifest: unknown }>(
    'reading the manifests',
    `SELECT selector, inserted_on::text AS written_on, manifest
     FROM ${latestOf(schema)}
     WHERE selector = $1 OR manifest ->> 'format' = $2`,
    [selector, storedFormat],
  );
  const ours = rows.find((row) => row.selector === selector);
  const record = merged(rows.map(({ manifest }) => fromStored(manifest) ?? emptyRecord));
  return { record, ours: fromStored(ours?.manifest) ?? emptyRecord, writtenOn: ours?.written_on };
}

/**
 * What the dataemons of other selectors have built of the models given; of a model that several have built, what was
 * built last. Those of which none has said anything are left out.
 *
 * @param models - their ids.
 */
export async function readBuiltByOthers(
  session: Session,
  { schema, selector }: ManifestPlace,
  models: readonly string[],
): Promise<BuiltModels> {
  if (models.length === 0) return new Map();
  const rows = await session.query<{ id: string; model: unknown }>(
    'reading what other dataemons have built',
    `SELECT DISTINCT ON (id) id, model
     FROM ${latestOf(schema)}
     CROSS JOIN LATERAL unnest($2::text[]) AS id
     CROSS JOIN LATERAL (SELECT manifest -> 'models' -> id AS model) AS built
     WHERE selector <> $1 AND manifest ->> 'format' = $3 AND model IS NOT NULL
     ORDER BY id, model ->> 'builtAt' DESC NULLS LAST`,
    [selector ?? '', models, storedFormat],
  );
  return ownModels(rows.map(({ id, model }) => [id, model]));
}

/** A statement does not see what it inserts itself: with that one it is one more than it counts. */
const kept = 10;

/**
 * Remembers what stands in the database now; of those of earlier, a few are kept.
 *
 * @returns when it was written, as `readRecord` tells it.
 */
export async function writeBuilt(
  session: Session,
  { schema, selector }: ManifestPlace,
  packageName: string,
  record: BuiltRecord,
): Promise<string | undefined> {
  const table = `${quoteIdentifier(schema)}._dataemon`;
  const [row] = await session.query<{ written_on: string }>(
    'writing the manifest',
    `WITH written AS (
       INSERT INTO ${table} (inserted_on, packages, manifest, dbt_selector)
       VALUES (clock_timestamp() AT TIME ZONE 'UTC', $1, $2, $3)
       RETURNING inserted_on
     ), forgotten AS (
     DELETE FROM ${table} WHERE coalesce(dbt_selector, '') = coalesce($3, '') AND inserted_on < (
       SELECT inserted_on FROM ${table} WHERE coalesce(dbt_selector, '') = coalesce($3, '')
       ORDER BY inserted_on DESC NULLS LAST OFFSET ${kept - 2} LIMIT 1
     ))
     SELECT inserted_on::text AS written_on FROM written`,
    [JSON.stringify([packageName]), JSON.stringify(toStored(record)), selector ?? null],
  );
  return row?.written_on;
}

/** The latest record of each selector. */
function latestOf(schema: string): string {
  return `(
       SELECT DISTINCT ON (coalesce(dbt_selector, '')) coalesce(dbt_selector, '') AS selector, inserted_on, manifest
       FROM ${quoteIdentifier(schema)}._dataemon
       ORDER BY coalesce(dbt_selector, ''), inserted_on DESC NULLS LAST
     ) AS latest`;
}
