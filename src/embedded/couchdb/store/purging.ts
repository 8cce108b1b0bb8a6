import type { Database, DatabaseState, DocumentRecord } from './database.js';
import type { Operation } from './level.js';
import { leaves, prune, winner } from './revision-tree.js';
import { moveRow } from './saving.js';

/** Revisions by id. */
export type RevisionsById = Readonly<Record<string, readonly string[]>>;

/**
 * Forgets revisions as though they had never been: a document of which no leaf is left has no row in the feed any more.
 *
 * @returns which of the leaves asked for have been there.
 */
export function purge(database: Database, asked: RevisionsById): Promise<RevisionsById> {
  return database.exclusive(async () => {
    const ids = Object.keys(asked);
    const records = await database.records(ids);
    const purged: Record<string, readonly string[]> = {};
    const { state, keys } = database;
    const operations: Operation[] = [];
    const counts = database.counts.plan();
    const shards = state.shards.map((shard) => ({ ...shard }));
    let { live, deleted, purgeLines } = state;
    for (const [at, id] of ids.entries()) {
      const before = records[at];
      const here = (asked[id] ?? []).filter((rev) => before !== undefined && isLeaf(before, rev));
      purged[id] = here;
      if (before === undefined || here.length === 0) continue;
      const shard = database.shardOf(id);
      purgeLines += 1;
      operations.push({ type: 'put', key: keys.purge(purgeLines), value: JSON.stringify({ id, revs: here }) });
      for (const rev of here) operations.push({ type: 'del', key: keys.revision(id, rev) });
      const counter = shards[shard];
      if (counter !== undefined) counter.purges += 1;
      if (before.deleted) deleted -= 1;
      else live -= 1;
      const tree = prune(before.tree, new Set(here));
      if (tree.length > 0) {
        const rev = winner(tree);
        const document = (await database.text(id, before, rev)) ?? '';
        operations.push({ type: 'del', key: keys.revision(id, rev) });
        const after = moveRow(database, { id, before, tree, rev, document }, { operations, counts, shards });
        if (after.deleted) deleted += 1;
        else live += 1;
        continue;
      }
      if (counter !== undefined) counter.seq += 1;
      operations.push({ type: 'del', key: keys.row(shard, before.seq) }, { type: 'del', key: keys.document(id) });
      counts.add(shard, before.seq, -1);
      for await (const key of database.level.keys(keys.revisionsOf(id))) operations.push({ type: 'del', key });
    }
    const after: DatabaseState = { ...state, shards, live, deleted, purgeLines };
    await database.commit(after, operations, counts);
    return purged;
  });
}

/** Purges every document that is deleted, as CouchDB's auto purge plugin does with old ones; how many there were. */
export async function purgeTombstones(database: Database): Promise<number> {
  let found: Record<string, string[]> = {};
  let total = 0;
  for await (const [key, text] of database.level.iterator(database.keys.documents)) {
    const record = JSON.parse(text) as DocumentRecord;
    if (!record.deleted) continue;
    found[key.slice(database.keys.documents.gte.length)] = leaves(record.tree).map(({ rev }) => rev);
    total += 1;
    if (total % 500 !== 0) continue;
    await purge(database, found);
    found = {};
  }
  await purge(database, found);
  return total;
}

/** The lines of `_purged_infos`, oldest first. */
export async function purgedInfos(database: Database): Promise<unknown[]> {
  const lines = await database.level.values(database.keys.purges).all();
  return lines.map((line) => JSON.parse(line) as unknown);
}

/** Removes the texts of revisions that are not leaves, and the oldest lines of `_purged_infos` beyond its limit. */
export async function compactDatabase(database: Database): Promise<void> {
  await database.exclusive(async () => {
    const { level, keys, state } = database;
    const oldest = state.purgeLines - state.purgedInfosLimit;
    await level.clear({ gte: keys.purges.gte, lte: keys.purge(Math.max(0, oldest)) });
    for await (const key of level.keys(keys.revisions)) {
      const place = key.slice(keys.revisions.gte.length);
      const end = place.lastIndexOf('\u0000');
      const [record] = await database.records([place.slice(0, end)]);
      if (record === undefined || !isLeaf(record, place.slice(end + 1))) await level.del(key);
    }
  });
}

function isLeaf(record: DocumentRecord, rev: string): boolean {
  return leaves(record.tree).some((leaf) => leaf.rev === rev);
}
