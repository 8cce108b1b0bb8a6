import { badRequest, CouchError } from '../couch-error.js';
import { jsonObject } from '../json/body.js';
import { elements, members } from '../json/scan.js';
import type { Database } from '../store/database.js';
import type { NewDocument } from '../store/document.js';
import { isLocal, writeLocalDocument } from '../store/local-documents.js';
import { knows, latestOf, leaves } from '../store/revision-tree.js';
import { parseRevision } from '../store/revision.js';
import { writeDocuments, type WriteResult } from '../store/writing.js';
import { decorated } from './decorations.js';
import { incoming, prepared, type DocumentContext } from './document-handlers.js';
import type { Exchange } from './exchange.js';
import { flag, textList } from './parameters.js';

/** `POST /{db}/_bulk_docs`. */
export async function bulkDocs(exchange: Exchange, database: Database, context: DocumentContext): Promise<void> {
  const body = await exchange.json();
  const { docs, new_edits: given } = jsonObject(body);
  if (!Array.isArray(docs)) throw badRequest('POST body must include `docs` parameter.');
  const newEdits = given !== false;
  const list = members(body.text).findLast(({ key }) => key === 'docs');
  const documents: NewDocument[] = [];
  for (const text of elements(list?.value ?? '[]')) {
    documents.push(await prepared(database, incoming({ text }, context, {}), context));
  }
  const results = await writeMixed(database, documents, newEdits);
  const lines = results.flatMap((result, at): object[] => {
    const id = documents[at]?.id;
    if (result instanceof CouchError) return [{ id, error: result.error, reason: result.reason }];
    return newEdits ? [{ ok: true, id, rev: result.rev }] : [];
  });
  await exchange.reply(201, lines);
}

/** Local documents have a way of their own. */
async function writeMixed(
  database: Database,
  documents: readonly NewDocument[],
  newEdits: boolean,
): Promise<WriteResult[]> {
  const written = await writeDocuments(
    database,
    documents.filter(({ id }) => !isLocal(id)),
    newEdits,
  );
  const results: WriteResult[] = [];
  for (const document of documents) {
    const { id } = document;
    const result = isLocal(id) ? { id, rev: await writeLocalDocument(database, document) } : written.shift();
    if (result !== undefined) results.push(result);
  }
  return results;
}

/** `POST /{db}/_bulk_get`, with the spaces that CouchDB writes there. */
export async function bulkGet(exchange: Exchange, database: Database): Promise<void> {
  const { docs } = jsonObject(await exchange.json());
  if (!Array.isArray(docs)) throw badRequest('Missing JSON list of `docs`.');
  const { query } = exchange;
  const wanted = { revisions: flag(query, 'revs'), attachments: flag(query, 'attachments') };
  const asked = docs.map((doc) => {
    const { id, rev } = (doc ?? {}) as { id?: unknown; rev?: unknown };
    if (typeof id !== 'string') throw badRequest('Missing `id` of a document');
    return { id, rev: typeof rev === 'string' ? rev : undefined };
  });
  const output = exchange.stream(200);
  await output.write('{"results": [');
  for (const [at, { id, rev: given }] of asked.entries()) {
    const [record] = await database.records([id]);
    const latest = given !== undefined && flag(query, 'latest') && record ? latestOf(record.tree, given) : undefined;
    const rev = latest ?? given ?? record?.rev;
    const text = record === undefined || rev === undefined ? undefined : await database.text(id, record, rev);
    const line =
      record === undefined || rev === undefined || text === undefined
        ? JSON.stringify({ error: { id, rev: rev ?? 'undefined', error: 'not_found', reason: 'missing' } })
        : `{"ok":${await decorated(database, { id, record, rev, text }, wanted)}}`;
    await output.write(`${at === 0 ? '' : ','}{"id":${JSON.stringify(id)},"docs":[${line}]}`);
  }
  await output.write(']}\n');
  await output.end();
}

/** `POST /{db}/_revs_diff`. */
export async function revisionsDiff(exchange: Exchange, database: Database): Promise<void> {
  const asked = Object.entries(jsonObject(await exchange.json()));
  const records = await database.records(asked.map(([id]) => id));
  const answer: Record<string, unknown> = {};
  for (const [at, [id, list]] of asked.entries()) {
    const tree = records[at]?.tree ?? [];
    const missing = textList(list, id).filter((rev) => !knows(tree, rev));
    if (missing.length === 0) continue;
    const highest = Math.max(...missing.map((rev) => parseRevision(rev).generation));
    const ancestors = leaves(tree).filter(({ rev }) => parseRevision(rev).generation < highest);
    answer[id] = {
      missing,
      ...(ancestors.length > 0 ? { possible_ancestors: ancestors.map(({ rev }) => rev) } : {}),
    };
  }
  await exchange.reply(200, answer);
}
