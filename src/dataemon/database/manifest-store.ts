import { quoteIdentifier } from '../../postgres/index.js';
import {
  fromStored,
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

/** What was last built with success for this selector; empty when nothing, or nothing that can be read. */
export async function readBuilt(session: Session, { schema, selector }: ManifestPlace): Promise<BuiltModels> {
  const [row] = await session.query<{ manifest: unknown }>(
    'reading the manifest',
    `SELECT manifest FROM ${quoteIdentifier(schema)}._dataemon
     WHERE coalesce(dbt_selector, '') = $1 ORDER BY inserted_on DESC NULLS LAST LIMIT 1`,
    [selector ?? ''],
  );
  return fromStored(row?.manifest) ?? new Map<string, never>();
}

/**
 * What the dataemons of other selectors have built of the models given; of a model that several have built, what was
 * written last. Those of which none has said anything are left out.
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
     FROM (
       SELECT DISTINCT ON (coalesce(dbt_selector, '')) inserted_on, manifest
       FROM ${quoteIdentifier(schema)}._dataemon WHERE coalesce(dbt_selector, '') <> $1
       ORDER BY coalesce(dbt_selector, ''), inserted_on DESC NULLS LAST
     ) AS latest
     CROSS JOIN LATERAL unnest($2::text[]) AS id
     CROSS JOIN LATERAL (SELECT manifest -> 'models' -> id AS model) AS built
     WHERE manifest ->> 'format' = $3 AND model IS NOT NULL
     ORDER BY id, inserted_on DESC`,
    [selector ?? '', models, storedFormat],
  );
  return ownModels(rows.map(({ id, model }) => [id, model]));
}

/** A statement does not see what it inserts itself: with that one it is one more than it counts. */
const kept = 10;

/** Remembers what stands in the database now; of those of earlier, a few are kept. */
export async function writeBuilt(
  session: Session,
  { schema, selector }: ManifestPlace,
  packageName: string,
  record: BuiltRecord,
): Promise<void> {
  const table = `${quoteIdentifier(schema)}._dataemon`;
  await session.query(
    'writing the manifest',
    `WITH written AS (
       INSERT INTO ${table} (inserted_on, packages, manifest, dbt_selector)
       VALUES (clock_timestamp() AT TIME ZONE 'UTC', $1, $2, $3)
     )
     DELETE FROM ${table} WHERE coalesce(dbt_selector, '') = coalesce($3, '') AND inserted_on < (
       SELECT inserted_on FROM ${table} WHERE coalesce(dbt_selector, '') = coalesce($3, '')
       ORDER BY inserted_on DESC NULLS LAST OFFSET ${kept - 2} LIMIT 1
     )`,
    [JSON.stringify([packageName]), JSON.stringify(toStored(record)), selector ?? null],
  );
}
