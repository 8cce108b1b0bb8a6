import type { Awkwardness } from '../awkwardness.js';
import { pretty } from '../json/pretty.js';

/** The parts of a row, each JSON text. */
export interface RowParts {
  /** `"<sequence>"` or `null`. */
  readonly seq: string;
  /** `"id":..,"changes":[..]` and perhaps `,"deleted":true`. */
  readonly head: string;
  readonly document: string | undefined;
}

/** A row of `_changes`, in CouchDB's order of keys or, to provoke, in another. */
export function rowText({ seq, head, document }: RowParts, layout: Awkwardness['rowLayout']): string {
  const tail = document === undefined ? '' : `,"doc":${document}`;
  if (layout === 'couchdb') return `{"seq":${seq},${head}${tail}}`;
  const reordered = `{${tail === '' ? '' : `${tail.slice(1)},`}${head},"seq":${seq}}`;
  return layout === 'reordered' ? reordered : pretty(reordered);
}
