import { badRequest, CouchError } from '../couch-error.js';
import { members } from '../json/scan.js';
import { readAttachments, readStubs, type AttachmentInput, type AttachmentStub } from './attachment.js';
import { parseRevision, type Revision } from './revision.js';

/** A document as a client hands it in. */
export interface NewDocument {
  readonly id: string;
  /** The revision it was made from, or, without new edits, its own. */
  readonly rev: Revision | undefined;
  readonly deleted: boolean;
  /** `_revisions`: the hashes of the revision and its ancestors, newest first. */
  readonly history: { readonly start: number; readonly ids: readonly string[] } | undefined;
  readonly attachments: ReadonlyMap<string, AttachmentInput>;
  /** Its members without those that begin with `_`, as they came, separated by commas. */
  readonly body: string;
}

/** Members that CouchDB sends with a document and does not mind to get back. */
const ignored = new Set(['_conflicts', '_deleted_conflicts', '_local_seq', '_revs_info']);

/**
 * Takes a document apart.
 *
 * @param text - a compact JSON object.
 * @param given - what the request's path and query say, which goes before what the document says.
 * @throws CouchError 400 when a member that begins with `_` is unknown or not as it must be.
 */
export function readDocument(
  text: string,
  given: { readonly id?: string; readonly rev?: Revision; readonly freshId?: () => string } = {},
): NewDocument {
  if (!text.startsWith('{')) throw badRequest('Document must be a JSON object');
  const special = new Map<string, unknown>();
  const body: string[] = [];
  for (const member of members(text)) {
    if (!member.key.startsWith('_')) body.push(member.text);
    else if (!ignored.has(member.key)) special.set(member.key, JSON.parse(member.value));
  }
  const id = given.id ?? (special.has('_id') ? special.get('_id') : given.freshId?.());
  const rev = special.get('_rev');
  const deleted = special.get('_deleted') === true;
  const history = special.get('_revisions');
  const attachments = special.get('_attachments');
  for (const name of ['_id', '_rev', '_deleted', '_revisions', '_attachments']) special.delete(name);
  for (const name of special.keys()) {
    throw new CouchError(400, 'doc_validation', `Bad special document member: ${name}`);
  }
  return {
    id: checkedId(id),
    rev: given.rev ?? (rev === undefined ? undefined : parseRevision(rev)),
    deleted,
    history: history === undefined ? undefined : checkedHistory(history),
    attachments: attachments === undefined ? new Map<string, AttachmentInput>() : readAttachments(attachments),
    body: body.join(','),
  };
}

/** A document as CouchDB sends it: `_id` and `_rev` first, then what was written, then what CouchDB adds. */
export function documentText(document: {
  readonly id: string;
  readonly rev: string;
  readonly deleted: boolean;
  readonly body: string;
  /** The JSON text of `_attachments`, or nothing. */
  readonly attachments: string;
}): string {
  const { id, rev, deleted, body, attachments } = document;
  return [
    `{"_id":${JSON.stringify(id)},"_rev":"${rev}"`,
    body === '' ? '' : `,${body}`,
    deleted ? ',"_deleted":true' : '',
    attachments === '' ? '' : `,"_attachments":${attachments}`,
    '}',
  ].join('');
}

/** The same document with more members at its end. */
export function withMembers(text: string, added: Readonly<Record<string, unknown>>): string {
  const more = JSON.stringify(added);
  return more === '{}' ? text : `${text.slice(0, -1)},${more.slice(1)}`;
}

/** The attachments of a document as it is stored. */
export function stubsOf(text: string): Map<string, AttachmentStub> {
  if (!text.includes('"_attachments":')) return new Map();
  const value = members(text).find(({ key }) => key === '_attachments')?.value;
  return readStubs(value === undefined ? undefined : JSON.parse(value));
}

/** @throws CouchError 400 when it is no id of a document. */
export function checkedId(id: unknown): string {
  if (typeof id !== 'string') throw badRequest('Document id must be a string', 'illegal_docid');
  if (id === '') throw badRequest('Document id must not be empty', 'illegal_docid');
  // A lone surrogate has no UTF-8.
  if (/\p{Surrogate}/u.test(id)) throw badRequest('Document id must be valid UTF-8', 'illegal_docid');
  if (id.startsWith('_') && !/^_(design|local)\/./su.test(id)) {
    throw badRequest('Only reserved document ids may start with underscore.', 'illegal_docid');
  }
  return id;
}

function checkedHistory(value: unknown): { start: number; ids: string[] } {
  const { start, ids } = (value ?? {}) as { start?: unknown; ids?: unknown };
  const valid =
    typeof start === 'number' &&
    Number.isSafeInteger(start) &&
    Array.isArray(ids) &&
    ids.length > 0 &&
    ids.length <= start &&
    ids.every((hash) => typeof hash === 'string' && /^[^-\s"\\]+$/.test(hash));
  if (!valid) throw new CouchError(400, 'doc_validation', '_revisions.ids must be an array of revision hashes');
  return { start, ids: ids as string[] };
}
