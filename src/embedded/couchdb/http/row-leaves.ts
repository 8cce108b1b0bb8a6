import type { Database } from '../store/database.js';
import { withMembers } from '../store/document.js';
import { leaves } from '../store/revision-tree.js';
import { rowHead, type Row } from '../store/row.js';
import type { ChangesOptions } from './changes-options.js';

/** The row of a document that has more leaves than one, with them where the feed asks for it. */
export async function withLeaves(
  database: Database,
  row: Row,
  { allLeaves, conflicts, includeDocs }: Pick<ChangesOptions, 'allLeaves' | 'conflicts' | 'includeDocs'>,
): Promise<Pick<Row, 'head' | 'document'>> {
  if (!allLeaves && !(conflicts && includeDocs)) return row;
  const { id } = JSON.parse(`{${row.head}}`) as { id: string };
  const [record] = await database.records([id]);
  // When the document has changed since, a later row says it all.
  if (record?.seq !== row.seq) return row;
  const all = leaves(record.tree);
  const revs = all.map(({ rev }) => rev);
  const others = all.slice(1).filter(({ deleted }) => !deleted);
  const added = conflicts && others.length > 0 ? { _conflicts: others.map(({ rev }) => rev) } : {};
  return {
    head: allLeaves ? rowHead(id, revs, record.deleted) : row.head,
    document: withMembers(row.document, added),
  };
}
