/**
 * Where things lie in the store. One LevelDB holds everything. The data of a database lies under an instance number, and
 * the database's name points to it; so to delete, recreate or restore one is to move a pointer.
 */
export const catalogKeys = {
  secret: 'secret',
  lastInstance: 'last-instance',
  database: (name: string) => `name/${name}`,
  databases: { gte: 'name/', lt: 'name0' },
  snapshot: (database: string, name: string) => `snapshot/${database}/${name}`,
  snapshots: { gte: 'snapshot/', lt: 'snapshot0' },
};

/** Everything that belongs to any instance. */
export const instances = { gte: 'i', lt: 'j' };

/** The keys of an instance; LevelDB orders them by their bytes in UTF-8, which is the order of code points. */
export interface InstanceKeys {
  readonly prefix: string;
  readonly all: Range;
  readonly meta: string;
  /** A document's revision tree. */
  document(id: string): string;
  readonly documents: Range;
  /** The row of the changes feed, with the winning revision of the document. */
  row(shard: number, seq: number): string;
  readonly rows: Range;
  /** The text of a revision that is not the winning one. */
  revision(id: string, rev: string): string;
  revisionsOf(id: string): Range;
  readonly revisions: Range;
  attachment(digest: string): string;
  local(id: string): string;
  readonly locals: Range;
  /** A line of `_purged_infos`. */
  purge(number: number): string;
  readonly purges: Range;
  /** How many rows a stretch of a shard's changes has. */
  count(shard: number, bucket: number): string;
  readonly counts: Range;
}

/** A range of keys, for LevelDB's iterators. */
export interface Range {
  readonly gte: string;
  readonly lt: string;
}

const digits = 14;
const number = (value: number) => String(value).padStart(digits, '0');

/** The keys of the instance of this number. */
export function instanceKeys(instance: number): InstanceKeys {
  const prefix = `i${number(instance)}`;
  const range = (kind: string): Range => ({ gte: `${prefix}${kind}/`, lt: `${prefix}${kind}0` });
  return {
    prefix,
    all: { gte: prefix, lt: `i${number(instance + 1)}` },
    meta: `${prefix}meta`,
    document: (id) => `${prefix}d/${id}`,
    documents: range('d'),
    row: (shard, seq) => `${prefix}r/${String(shard).padStart(3, '0')}/${number(seq)}`,
    rows: range('r'),
    revision: (id, rev) => `${prefix}v/${id}\u0000${rev}`,
    revisionsOf: (id) => ({ gte: `${prefix}v/${id}\u0000`, lt: `${prefix}v/${id}\u0001` }),
    revisions: range('v'),
    attachment: (digest) => `${prefix}a/${digest}`,
    local: (id) => `${prefix}l/${id}`,
    locals: range('l'),
    purge: (line) => `${prefix}p/${number(line)}`,
    purges: range('p'),
    count: (shard, bucket) => `${prefix}c/${String(shard).padStart(3, '0')}/${number(bucket)}`,
    counts: range('c'),
  };
}
