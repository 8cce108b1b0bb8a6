import type pg from 'pg';
import type { TableNames } from './identifiers.js';
import { isStorableText } from './storable-text.js';
import { storedDeleted, storedRev, type StoredRevision } from './stored-revisions.js';

/**
 * Takes rows out of the staging table of whose documents the table holds something else than expected. To be called under
 * the lock of `nextWatermark`, and before the upsert: then nothing can come between.
 *
 * @param expected - by CouchDB's id, what the table was seen to hold; null for nothing.
 */
export async function dropOvertaken(
  client: pg.ClientBase,
  names: TableNames,
  source: string,
  expected: ReadonlyMap<string, StoredRevision | null>,
): Promise<void> {
  // A row whose id cannot be a parameter cannot have been staged either.
  const sides = [...expected].filter(([id]) => isStorableText(id));
  await client.query({
    name: `cht_sync_drop_overtaken ${names.documents}`,
    text: `
      DELETE FROM pg_temp.cht_sync_staging s
      USING unnest($2::text[], $3::text[], $4::boolean[]) AS e(id, rev, deleted)
      LEFT JOIN ${names.alias} a ON a.source = $1 AND a._id = e.id
      LEFT JOIN ${names.documents} t ON t._id = coalesce(a.key, e.id) AND t.source = $1
      WHERE s._id = e.id
        AND (CASE WHEN t._id IS NOT NULL THEN ${storedRev} END IS DISTINCT FROM e.rev
          OR CASE WHEN t._id IS NOT NULL THEN ${storedDeleted} END IS DISTINCT FROM e.deleted)`,
    values: [
      source,
      sides.map(([id]) => id),
      sides.map(([, stored]) => stored?.rev ?? null),
      sides.map(([, stored]) => stored?.deleted ?? null),
    ],
  });
}
