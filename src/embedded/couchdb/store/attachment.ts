import { createHash } from 'node:crypto';
import { badRequest, CouchError } from '../couch-error.js';

/** What a document says about an attachment instead of its bytes, in CouchDB's order of keys. */
export interface AttachmentStub {
  readonly content_type: string;
  /** The generation of the revision that brought these bytes. */
  readonly revpos: number;
  /** `md5-<base64>`. */
  readonly digest: string;
  /** In bytes. */
  readonly length: number;
  readonly stub: true;
}

/** An attachment of a document that is to be written: new bytes, or the mention of those already there. */
export type AttachmentInput =
  | { readonly data: Buffer; readonly contentType: string; readonly revpos: number | undefined }
  | { readonly stub: true; readonly revpos: number | undefined };

/** Attachments by name. */
export type Attachments<Kind> = ReadonlyMap<string, Kind>;

/** @throws CouchError 400 when `_attachments` is not what CouchDB takes. */
export function readAttachments(value: unknown): Map<string, AttachmentInput> {
  if (!isObject(value)) throw badRequest('Attachments property must be a JSON object', 'bad_request');
  const found = new Map<string, AttachmentInput>();
  for (const [name, given] of Object.entries(value)) {
    if (name === '' || name.startsWith('_')) {
      throw badRequest(`Attachment name '${name}' starts with prohibited character '_'`);
    }
    if (!isObject(given)) throw badRequest('Attachment data must be a JSON object');
    const revpos = typeof given.revpos === 'number' ? given.revpos : undefined;
    const contentType = typeof given.content_type === 'string' ? given.content_type : 'application/octet-stream';
    if (given.stub === true) found.set(name, { stub: true, revpos });
    else if (typeof given.data === 'string') {
      found.set(name, { data: Buffer.from(given.data, 'base64'), contentType, revpos });
    } else throw badRequest('Attachments with "follows" are not supported by the embedded source: send "data"');
  }
  return found;
}

/** The stubs of a document's stored text. */
export function readStubs(value: unknown): Map<string, AttachmentStub> {
  return new Map(Object.entries((value ?? {}) as Record<string, AttachmentStub>));
}

/** The name CouchDB gives some bytes. */
export function digestOf(data: Buffer): string {
  return `md5-${createHash('md5').update(data).digest('base64')}`;
}

/** 412: a document mentions an attachment that its parent does not have. */
export function missingStub(id: string, name: string): CouchError {
  return new CouchError(412, 'missing_stub', `Invalid attachment stub in ${id} for ${name}`);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
