import { expect } from 'vitest';
import { askCouchDb } from '../../end-to-end/support/couchdb-text.js';
import { sourceName } from '../../end-to-end/support/table.js';
import type { Scene } from './scene.js';

interface Stored {
  readonly seq: string | null;
  readonly revisions: Readonly<Record<string, string>> | null;
}

/**
 * Documents and checkpoint stand at the same place: of the changes before the checkpoint all are in the table, of those
 * after it none. Holds when nobody has edited since couch2pg began to read.
 */
export async function expectNothingHalf({ couchdb, database, sources }: Scene): Promise<void> {
  for (const source of sources) {
    const { rows } = await database.pool.query<Stored>(
      `SELECT
         (SELECT seq FROM v1.couchdb_progress WHERE source = $1) AS seq,
         (SELECT jsonb_object_agg(doc ->> '_id', _rev) FROM v1.couchdb WHERE source = $1) AS revisions`,
      [sourceName(couchdb, source)],
    );
    const { seq, revisions } = rows[0]!;
    const all = await changesSince(couchdb, source.name, '0');
    const left = await changesSince(couchdb, source.name, seq ?? '0');
    const done = Object.entries(all).filter(([id]) => left[id] === undefined);
    expect(
      Object.entries(revisions ?? {}).filter(([id, rev]) => all[id] === rev),
      'the table has just what is before the checkpoint',
    ).toEqual(expect.arrayContaining(done));
    expect(
      Object.entries(left).filter(([id, rev]) => revisions?.[id] === rev),
      'nothing after the checkpoint is in the table',
    ).toEqual([]);
  }
}

/** The documents that have changed, with their winning revisions. */
async function changesSince(couchdb: Scene['couchdb'], database: string, since: string) {
  const { text } = await askCouchDb(couchdb, 'GET', `/${database}/_changes?since=${encodeURIComponent(since)}`);
  const { results } = JSON.parse(text) as { results: { id: string; changes: [{ rev: string }] }[] };
  return Object.fromEntries(results.map(({ id, changes }) => [id, changes[0].rev]));
}
