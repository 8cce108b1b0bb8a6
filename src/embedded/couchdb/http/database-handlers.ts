import { badRequest } from '../couch-error.js';
import { jsonBody, jsonObject } from '../json/body.js';
import type { Database } from '../store/database.js';
import type { Databases } from '../store/databases.js';
import { compactDatabase, purge, purgedInfos, type RevisionsById } from '../store/purging.js';
import { SequenceWriter } from '../store/sequence.js';
import type { Exchange } from './exchange.js';
import { textList, wholeNumber } from './parameters.js';

/** `PUT /{db}`. */
export async function createDatabase(exchange: Exchange, databases: Databases, name: string): Promise<void> {
  const shards = wholeNumber(exchange.query, 'q');
  await databases.create(name, ...(shards === undefined ? [] : [shards]));
  await exchange.reply(201, { ok: true }, { Location: `/${encodeURIComponent(name)}` });
}

/** `DELETE /{db}`. */
export async function deleteDatabase(exchange: Exchange, databases: Databases, name: string): Promise<void> {
  await databases.delete(name);
  await exchange.reply(200, { ok: true });
}

/** `GET` and `HEAD /{db}`. */
export async function showDatabase(exchange: Exchange, database: Database): Promise<void> {
  const { name, shards, live, deleted, created } = database.state;
  const bytes = await database.level.approximateSize(database.keys.all.gte, database.keys.all.lt);
  await exchange.reply(200, {
    instance_start_time: String(created),
    db_name: name,
    purge_seq: new SequenceWriter(shards.map(({ uuid, purges }) => ({ uuid, seq: purges }))).toString(),
    update_seq: new SequenceWriter(shards).toString(),
    sizes: { file: bytes, external: bytes, active: bytes },
    props: {},
    doc_del_count: deleted,
    doc_count: live,
    disk_format_version: 8,
    compact_running: false,
    cluster: { q: shards.length, n: 1, w: 1, r: 1 },
  });
}

/** `GET /{db}/_security`. */
export async function showSecurity(exchange: Exchange, { state }: Database): Promise<void> {
  await exchange.replyText(200, `${state.security}\n`);
}

/** `PUT /{db}/_security`. */
export async function putSecurity(exchange: Exchange, database: Database): Promise<void> {
  const body = await exchange.json();
  jsonObject(body);
  await database.exclusive(() => database.commit({ ...database.state, security: body.text }, []));
  await exchange.reply(200, { ok: true });
}

/** `POST /{db}/_purge`. */
export async function purgeDocuments(exchange: Exchange, database: Database): Promise<void> {
  const asked = Object.entries(jsonObject(await exchange.json()));
  const revisions: RevisionsById = Object.fromEntries(asked.map(([id, revs]) => [id, textList(revs, id)]));
  await exchange.reply(201, { purge_seq: null, purged: await purge(database, revisions) });
}

/** `GET /{db}/_purged_infos`. */
export async function showPurgedInfos(exchange: Exchange, database: Database): Promise<void> {
  await exchange.reply(200, { purged_infos: await purgedInfos(database) });
}

/** `GET /{db}/_purged_infos_limit`. */
export async function showPurgedInfosLimit(exchange: Exchange, { state }: Database): Promise<void> {
  await exchange.reply(200, state.purgedInfosLimit);
}

/** `PUT /{db}/_purged_infos_limit`. */
export async function putPurgedInfosLimit(exchange: Exchange, database: Database): Promise<void> {
  const { value } = jsonBody(await exchange.bytes());
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 1) {
    throw badRequest('`purged_infos_limit` must be positive integer');
  }
  await database.exclusive(() => database.commit({ ...database.state, purgedInfosLimit: value }, []));
  await exchange.reply(200, { ok: true });
}

/** `POST /{db}/_compact`. */
export async function compact(exchange: Exchange, database: Database): Promise<void> {
  await compactDatabase(database);
  await exchange.reply(202, { ok: true });
}

/** `POST /{db}/_ensure_full_commit`. */
export async function ensureFullCommit(exchange: Exchange, { state }: Database): Promise<void> {
  await exchange.reply(201, { ok: true, instance_start_time: String(state.created) });
}
