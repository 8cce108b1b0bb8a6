/** A row of the changes feed as it is stored: everything but its sequence is ready to be sent. */
export interface Row {
  /** Its place in its shard. */
  readonly seq: number;
  /** Whether the document has more leaves than the winning one. */
  readonly branched: boolean;
  /** `"id":..,"changes":[{"rev":".."}]` and, for a tombstone, `,"deleted":true`. */
  readonly head: string;
  /** The winning revision as CouchDB sends it. */
  readonly document: string;
}

/** The head of a row. */
export function rowHead(id: string, revs: readonly string[], deleted: boolean): string {
  const changes = revs.map((rev) => `{"rev":"${rev}"}`).join(',');
  return `"id":${JSON.stringify(id)},"changes":[${changes}]${deleted ? ',"deleted":true' : ''}`;
}

/** None of the parts can have a line break in it, since JSON text without whitespace has none. */
export function writeRow({ seq, branched, head, document }: Row): string {
  return `${branched ? '+' : '-'}${seq}\n${head}\n${document}`;
}

/** The opposite of {@link writeRow}. */
export function readRow(text: string): Row {
  const first = text.indexOf('\n');
  const second = text.indexOf('\n', first + 1);
  return {
    branched: text.startsWith('+'),
    seq: Number(text.slice(1, first)),
    head: text.slice(first + 1, second),
    document: text.slice(second + 1),
  };
}
