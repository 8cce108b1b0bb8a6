import { conflict, notFound } from '../couch-error.js';
import type { AttachmentInput } from '../store/attachment.js';
import type { Database } from '../store/database.js';
import { readDocument, stubsOf, type NewDocument } from '../store/document.js';
import { formatRevision } from '../store/revision.js';
import { replyWritten, revisionOf, writeOne } from './document-handlers.js';
import type { Exchange } from './exchange.js';

/** `GET` and `HEAD /{db}/{id}/{attachment}`. */
export async function showAttachment(exchange: Exchange, database: Database, id: string, name: string): Promise<void> {
  const [record] = await database.records([id]);
  const asked = revisionOf(exchange);
  if (record === undefined || (record.deleted && asked === undefined)) throw notFound('missing');
  const text = await database.text(id, record, asked === undefined ? record.rev : formatRevision(asked));
  const stub = text === undefined ? undefined : stubsOf(text).get(name);
  if (stub === undefined) throw notFound('Document is missing attachment');
  const data = (await database.level.get(database.keys.attachment(stub.digest))) ?? '';
  const digest = stub.digest.replace('md5-', '');
  await exchange.replyBytes(200, Buffer.from(data, 'base64'), {
    'Content-Type': stub.content_type,
    'Content-MD5': digest,
    ETag: `"${digest}"`,
  });
}

/** `PUT /{db}/{id}/{attachment}`. */
export async function putAttachment(exchange: Exchange, database: Database, id: string, name: string): Promise<void> {
  const document = await presentDocument(exchange, database, id);
  const attachments = new Map<string, AttachmentInput>(document.attachments);
  const contentType = exchange.request.headers['content-type'] ?? 'application/octet-stream';
  attachments.set(name, { data: await exchange.bytes(), contentType, revpos: undefined });
  await replyWritten(exchange, id, await writeOne(database, { ...document, deleted: false, attachments }, true));
}

/** `DELETE /{db}/{id}/{attachment}`. */
export async function deleteAttachment(
  exchange: Exchange,
  database: Database,
  id: string,
  name: string,
): Promise<void> {
  const document = await presentDocument(exchange, database, id);
  const attachments = new Map(document.attachments);
  if (!attachments.delete(name)) throw notFound('Document is missing attachment');
  await replyWritten(exchange, id, await writeOne(database, { ...document, attachments }, true), 200);
}

/** The document as the request's revision has it, ready to be changed; an empty one where there is none. */
async function presentDocument(exchange: Exchange, database: Database, id: string): Promise<NewDocument> {
  const rev = revisionOf(exchange);
  const [record] = await database.records([id]);
  if (record === undefined) {
    if (rev !== undefined) throw conflict();
    return readDocument('{}', { id });
  }
  if (rev === undefined && !record.deleted) throw conflict();
  const text = await database.text(id, record, rev === undefined ? record.rev : formatRevision(rev));
  if (text === undefined) throw conflict();
  return readDocument(text, { id });
}
