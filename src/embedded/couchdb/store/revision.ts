import { createHash } from 'node:crypto';
import { badRequest } from '../couch-error.js';

/** A revision, `<generation>-<hash>` in text. */
export interface Revision {
  readonly generation: number;
  readonly hash: string;
}

/** @throws CouchError 400 when it is not `<number>-<text>`. */
export function parseRevision(text: unknown): Revision {
  const match = typeof text === 'string' ? /^(\d{1,15})-([^-\s"\\]+)$/.exec(text) : null;
  if (match?.[1] === undefined || match[2] === undefined) throw badRequest('Invalid rev format');
  return { generation: Number(match[1]), hash: match[2] };
}

/** `<generation>-<hash>`. */
export function formatRevision({ generation, hash }: Revision): string {
  return `${generation}-${hash}`;
}

/**
 * The revision that an edit makes: like CouchDB's it follows from the parent and what is written alone, so the same
 * edit on two servers is the same revision.
 */
export function nextRevision(
  parent: Revision | undefined,
  written: { readonly deleted: boolean; readonly body: string; readonly attachments: string },
): Revision {
  const hash = createHash('md5')
    .update(`${parent === undefined ? '' : formatRevision(parent)}\n${String(written.deleted)}\n`)
    .update(`${written.attachments}\n${written.body}`)
    .digest('hex');
  return { generation: (parent?.generation ?? 0) + 1, hash };
}
