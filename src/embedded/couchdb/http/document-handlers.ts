import { badRequest, CouchError, conflict, notFound } from '../couch-error.js';
import type { JsonBody } from '../json/body.js';
import { randomHex, type Random } from '../random.js';
import type { Database, DocumentRecord } from '../store/database.js';
import { readDocument, type NewDocument } from '../store/document.js';
import { isLocal, localDocument, writeLocalDocument } from '../store/local-documents.js';
import { latestOf, leaves } from '../store/revision-tree.js';
import { parseRevision, type Revision } from '../store/revision.js';
import { writeDocuments, type WriteResult } from '../store/writing.js';
import { decorated, type Decorations } from './decorations.js';
import type { Exchange } from './exchange.js';
import { flag, jsonValue, textList } from './parameters.js';
import { withHashedPassword } from './password.js';

/** What handlers of documents need from the server. */
export interface DocumentContext {
  readonly random: Random;
  readonly maxDocumentBytes: number;
}

/** `GET` and `HEAD /{db}/{id}`. */
export async function showDocument(exchange: Exchange, database: Database, id: string): Promise<void> {
  const { query } = exchange;
  if (isLocal(id)) {
    const text = await localDocument(database, id);
    if (text === undefined) throw notFound('missing');
    return exchange.replyText(200, `${text}\n`);
  }
  const asked = query.get('rev');
  if (asked !== null) parseRevision(asked);
  const [record] = await database.records([id]);
  if (query.has('open_revs')) return showOpenRevisions(exchange, database, id, record);
  if (record === undefined) throw notFound('missing');
  if (asked === null && record.deleted) throw notFound('deleted');
  const latest = asked !== null && flag(query, 'latest') ? latestOf(record.tree, asked) : undefined;
  const rev = latest ?? asked ?? record.rev;
  const text = await database.text(id, record, rev);
  if (text === undefined) throw notFound('missing');
  const etag = `"${rev}"`;
  if (exchange.request.headers['if-none-match'] === etag) {
    return exchange.replyText(304, '', { ETag: etag });
  }
  const document = await decorated(database, { id, record, rev, text }, wanted(query));
  await exchange.replyText(200, `${document}\n`, { ETag: etag });
}

async function showOpenRevisions(
  exchange: Exchange,
  database: Database,
  id: string,
  record: DocumentRecord | undefined,
): Promise<void> {
  const { query } = exchange;
  const all = query.get('open_revs') === 'all';
  if (record === undefined && all) throw notFound('missing');
  const known = record === undefined ? [] : leaves(record.tree).map(({ rev }) => rev);
  const revs = all ? known : textList(jsonValue(query, 'open_revs'), 'open_revs');
  const lines: string[] = [];
  for (const asked of revs) {
    const latest = record !== undefined && flag(query, 'latest') ? latestOf(record.tree, asked) : undefined;
    const rev = latest ?? asked;
    const text = record === undefined ? undefined : await database.text(id, record, rev);
    if (record === undefined || text === undefined) lines.push(JSON.stringify({ missing: asked }));
    else lines.push(`{"ok":${await decorated(database, { id, record, rev, text }, wanted(query))}}`);
  }
  await exchange.replyText(200, `[${lines.join(',')}]\n`);
}

/** `PUT /{db}/{id}`. */
export async function putDocument(
  exchange: Exchange,
  database: Database,
  id: string,
  context: DocumentContext,
): Promise<void> {
  const document = incoming(await exchange.json(), context, { id, rev: revisionOf(exchange) });
  const newEdits = exchange.query.get('new_edits') !== 'false';
  const rev = await writeOne(database, await prepared(database, document, context), newEdits);
  await replyWritten(exchange, id, rev);
}

/** `POST /{db}`. */
export async function postDocument(exchange: Exchange, database: Database, context: DocumentContext): Promise<void> {
  const document = incoming(await exchange.json(), context, {});
  const rev = await writeOne(database, await prepared(database, document, context), true);
  await replyWritten(exchange, document.id, rev);
}

/** `DELETE /{db}/{id}`. */
export async function deleteDocument(exchange: Exchange, database: Database, id: string): Promise<void> {
  const rev = revisionOf(exchange);
  if (isLocal(id)) {
    if ((await localDocument(database, id)) === undefined) throw notFound('missing');
  } else {
    const [record] = await database.records([id]);
    if (record === undefined) throw notFound('missing');
    if (rev === undefined) throw record.deleted ? notFound('deleted') : conflict();
  }
  const tombstone = readDocument('{"_deleted":true}', { id, ...(rev === undefined ? {} : { rev }) });
  await replyWritten(exchange, id, await writeOne(database, tombstone, true), 200);
}

/** A document as it came, with what the path and query say about it. */
export function incoming(
  { text }: Pick<JsonBody, 'text'>,
  { random, maxDocumentBytes }: DocumentContext,
  given: { readonly id?: string; readonly rev?: Revision | undefined },
): NewDocument {
  const { id, rev } = given;
  const document = readDocument(text, {
    ...(id === undefined ? {} : { id }),
    freshId: () => randomHex(random, 32),
  });
  if (document.body.length > maxDocumentBytes) throw new CouchError(413, 'document_too_large', document.id);
  if (rev === undefined) return document;
  if (document.rev !== undefined && document.rev.hash !== rev.hash) {
    throw badRequest('Document rev from request body and query string have different values');
  }
  return { ...document, rev };
}

/** A document as it is to be stored: those of `_users` without their password. */
export async function prepared(
  { state }: Database,
  document: NewDocument,
  { random }: DocumentContext,
): Promise<NewDocument> {
  return state.name === '_users' && !isLocal(document.id) ? withHashedPassword(document, random) : document;
}

/** Writes one document, of either kind; its new revision. */
export async function writeOne(database: Database, document: NewDocument, newEdits: boolean): Promise<string> {
  if (isLocal(document.id)) return writeLocalDocument(database, document);
  const [result] = await writeDocuments(database, [document], newEdits);
  return written(result).rev;
}

/** @throws CouchError when it was not written. */
function written(result: WriteResult | undefined): Exclude<WriteResult, CouchError> {
  if (result === undefined) throw new Error('one document, one result');
  if (result instanceof CouchError) throw result;
  return result;
}

/** The revision that a request is about, from `rev` or `If-Match`. */
export function revisionOf({ query, request }: Exchange): Revision | undefined {
  const text = query.get('rev') ?? request.headers['if-match']?.replaceAll('"', '');
  return text === undefined ? undefined : parseRevision(text);
}

/** Answers that a document has a new revision. */
export async function replyWritten(exchange: Exchange, id: string, rev: string, status = 201): Promise<void> {
  await exchange.reply(status, { ok: true, id, rev }, { ETag: `"${rev}"` });
}

function wanted(query: URLSearchParams): Decorations {
  return {
    revisions: flag(query, 'revs'),
    revisionsInfo: flag(query, 'revs_info'),
    conflicts: flag(query, 'conflicts') || flag(query, 'meta'),
    deletedConflicts: flag(query, 'deleted_conflicts') || flag(query, 'meta'),
    attachments: flag(query, 'attachments'),
  };
}
