import { notFound } from '../couch-error.js';
import { ChangeCounts } from './change-counts.js';
import type { Database, DatabaseState, DocumentRecord } from './database.js';
import { copyInstance, type Databases } from './databases.js';
import { catalogKeys, instanceKeys } from './keys.js';
import { writeAll, type Level, type Operation } from './level.js';
import { readRow, writeRow } from './row.js';

/** What an operator of a cluster does to a database under the feet of whoever reads it. */
export class Provocations {
  constructor(
    private readonly level: Level,
    private readonly databases: Databases,
  ) {}

  /** Keeps a copy of a database, as a backup of its files would be; an older one of the same name is replaced. */
  async snapshot(name: string, snapshot: string): Promise<void> {
    const database = await this.databases.get(name);
    const key = catalogKeys.snapshot(name, snapshot);
    const older = await this.level.get(key);
    const instance = await this.databases.newInstance();
    await database.exclusive(async () => {
      await copyInstance(this.level, database.instance, instance);
    });
    await this.level.put(key, String(instance));
    if (older !== undefined) await this.level.clear(instanceKeys(Number(older)).all);
  }

  /**
   * Puts the copy in the database's place: the same creation time and shard uuids, lower sequences.
   *
   * @throws CouchError 404 when there is no such copy.
   */
  async restore(name: string, snapshot: string): Promise<void> {
    const kept = await this.level.get(catalogKeys.snapshot(name, snapshot));
    if (kept === undefined) throw notFound('There is no such snapshot.');
    await this.databases.replace(name, (instance) => copyInstance(this.level, Number(kept), instance));
  }

  /** Rebuilds every shard: another uuid, and the rows in another order. Nothing else changes. */
  async moveShards(name: string): Promise<void> {
    const database = await this.databases.get(name);
    await this.databases.replace(name, async (instance) => {
      await copyInstance(this.level, database.instance, instance);
      await rebuild(this.level, database, instance, () => this.databases.newUuid());
    });
  }
}

/** Numbers the rows anew, by descending id. */
async function rebuild(level: Level, source: Database, instance: number, newUuid: () => string): Promise<void> {
  const target = instanceKeys(instance);
  await level.clear(target.rows);
  await level.clear(target.counts);
  const { state } = source;
  const shards = state.shards.map((shard) => ({ ...shard, uuid: newUuid(), seq: 0 }));
  const counts = await ChangeCounts.load(level, target, shards.length);
  const save = async (operations: Operation[], plan: ReturnType<ChangeCounts['plan']>) => {
    const after: DatabaseState = { ...state, shards };
    const meta: Operation = { type: 'put', key: target.meta, value: JSON.stringify(after) };
    await writeAll(level, [...operations, ...plan.operations(), meta]);
    plan.apply();
  };
  let operations: Operation[] = [];
  let plan = counts.plan();
  for await (const [key, text] of level.iterator({ ...source.keys.documents, reverse: true })) {
    const id = key.slice(source.keys.documents.gte.length);
    const record = JSON.parse(text) as DocumentRecord;
    const shardNumber = source.shardOf(id);
    const shard = shards[shardNumber];
    const row = await level.get(source.keys.row(shardNumber, record.seq));
    if (shard === undefined || row === undefined) continue;
    shard.seq += 1;
    const { seq } = shard;
    operations.push({ type: 'put', key: target.document(id), value: JSON.stringify({ ...record, seq }) });
    operations.push({ type: 'put', key: target.row(shardNumber, seq), value: writeRow({ ...readRow(row), seq }) });
    plan.add(shardNumber, seq, 1);
    if (operations.length < 1000) continue;
    await save(operations, plan);
    operations = [];
    plan = counts.plan();
  }
  await save(operations, plan);
}
