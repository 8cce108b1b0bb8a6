import { quoteIdentifier } from '../../postgres/index.js';
import { fromStored, toStored, type BuiltModels } from '../manifest/built-models.js';
import type { Session } from './session.js';

/** Where a selector's manifest is kept. */
export interface ManifestPlace {
  readonly schema: string;
  readonly selector: string | undefined;
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

/** A statement does not see what it inserts itself: with that one it is one more than it counts. */
const kept = 10;

/** Remembers what stands in the database now; of those of earlier, a few are kept. */
export async function writeBuilt(
  session: Session,
  { schema, selector }: ManifestPlace,
  packageName: string,
  built: BuiltModels,
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
    [JSON.stringify([packageName]), JSON.stringify(toStored(built)), selector ?? null],
  );
}
