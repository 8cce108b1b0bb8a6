import type { AttachmentStub } from '../store/attachment.js';
import type { Database, DocumentRecord } from '../store/database.js';
import { stubsOf, withMembers } from '../store/document.js';
import { members } from '../json/scan.js';
import { ancestry, leaves } from '../store/revision-tree.js';
import { parseRevision } from '../store/revision.js';

/** What is to be said about a document besides itself. */
export interface Decorations {
  readonly revisions?: boolean;
  readonly revisionsInfo?: boolean;
  readonly conflicts?: boolean;
  readonly deletedConflicts?: boolean;
  /** Bytes instead of stubs. */
  readonly attachments?: boolean;
}

/** A revision of a document, as stored. */
export interface StoredRevision {
  readonly id: string;
  readonly record: DocumentRecord;
  readonly rev: string;
  readonly text: string;
}

/** The document's text with what is asked for. */
export async function decorated(
  database: Database,
  { id, record, rev, text }: StoredRevision,
  wanted: Decorations,
): Promise<string> {
  const others = leaves(record.tree).filter((leaf) => leaf.rev !== record.rev);
  const added: Record<string, unknown> = {};
  if (wanted.revisions === true) {
    const ids = ancestry(record.tree, rev).map((ancestor) => parseRevision(ancestor.rev).hash);
    added._revisions = { start: parseRevision(rev).generation, ids };
  }
  if (wanted.revisionsInfo === true) added._revs_info = await revisionsInfo(database, id, record, rev);
  const conflicts = others.filter(({ deleted }) => !deleted).map((leaf) => leaf.rev);
  const gone = others.filter(({ deleted }) => deleted).map((leaf) => leaf.rev);
  if (wanted.conflicts === true && conflicts.length > 0) added._conflicts = conflicts;
  if (wanted.deletedConflicts === true && gone.length > 0) added._deleted_conflicts = gone;
  const whole = withMembers(text, added);
  return wanted.attachments === true ? withBytes(database, whole) : whole;
}

async function revisionsInfo(
  database: Database,
  id: string,
  record: DocumentRecord,
  rev: string,
): Promise<{ rev: string; status: string }[]> {
  const line = ancestry(record.tree, rev);
  const texts = await database.level.getMany(line.map((ancestor) => database.keys.revision(id, ancestor.rev)));
  return line.map((ancestor, at) => {
    const here = ancestor.rev === record.rev || texts[at] !== undefined;
    return { rev: ancestor.rev, status: here ? (ancestor.deleted ? 'deleted' : 'available') : 'missing' };
  });
}

async function withBytes(database: Database, text: string): Promise<string> {
  const stubs = stubsOf(text);
  if (stubs.size === 0) return text;
  const whole: Record<string, unknown> = {};
  for (const [name, stub] of stubs) whole[name] = await withData(database, stub);
  const rest = members(text).filter(({ key }) => key !== '_attachments');
  return `{${[...rest.map((member) => member.text), `"_attachments":${JSON.stringify(whole)}`].join(',')}}`;
}

async function withData(database: Database, { content_type, revpos, digest }: AttachmentStub): Promise<unknown> {
  return { content_type, revpos, digest, data: (await database.level.get(database.keys.attachment(digest))) ?? '' };
}
