import { expect, vi } from 'vitest';
import type { TestCouchDatabase, TestCouchDb } from '../../support/couchdb.js';
import type { TestDatabase } from '../../support/database.js';
import { parseExactly, winners, type CouchDocument } from './couchdb-text.js';

/** A row of the table of documents. */
export interface TableRow {
  /** `_id`: what models call uuid. */
  readonly key: string;
  readonly source: string;
  /** CouchDB's id. */
  readonly id: string;
  readonly rev: string;
  readonly deleted: boolean;
  readonly doc: CouchDocument;
  readonly savedTimestamp: string;
}

/** Everything in the table of documents; nothing before it is made. */
export async function readTable({ pool }: TestDatabase): Promise<TableRow[]> {
  const { rows: found } = await pool.query(`SELECT to_regclass('v1.couchdb') IS NOT NULL AS there`);
  if (!(found as { there: boolean }[])[0]!.there) return [];
  const { rows } = await pool.query<Record<'key' | 'source' | 'rev' | 'doc' | 'stamp', string> & { deleted: boolean }>(
    `SELECT _id AS key, source, coalesce(_rev, doc ->> '_rev') AS rev, _deleted AS deleted, doc::text AS doc, saved_timestamp::text AS stamp
     FROM v1.couchdb`,
  );
  return rows.map(({ key, source, rev, deleted, doc: text, stamp }) => {
    const doc = parseExactly(text) as CouchDocument;
    return { key, source, id: doc._id, rev, deleted, doc, savedTimestamp: stamp };
  });
}

/** What the table of documents must hold, in a form to compare. */
type Content = Readonly<Record<string, Pick<TableRow, 'rev' | 'deleted' | 'doc'>>>;

/** The name that the documents of a database have in the table. */
export function sourceName({ url }: TestCouchDb, { name }: Pick<TestCouchDatabase, 'name'>): string {
  return `${new URL(url).hostname}/${name}`;
}

/** What CouchDB says the table must hold. */
async function expectedContent(couchdb: TestCouchDb, databases: readonly TestCouchDatabase[]): Promise<Content> {
  const content: Record<string, Content[string]> = {};
  for (const database of databases) {
    for (const [id, doc] of await winners(couchdb, database)) {
      const entry = { rev: doc._rev, deleted: doc._deleted === true, doc: storable(doc) };
      content[`${sourceName(couchdb, database)} ${id}`] = entry;
    }
  }
  return content;
}

/** How a table is waited for. */
export interface TableOptions {
  /** In milliseconds; 30 s if missing. */
  readonly timeout?: number;
  /** Whether tombstones of what CouchDB does not know may be left, as a purge or a database made anew leaves them. */
  readonly remains?: boolean;
}

/** Waits until the table holds exactly what CouchDB holds; gives its rows. */
export async function untilTableEquals(
  database: TestDatabase,
  couchdb: TestCouchDb,
  sources: readonly TestCouchDatabase[],
  { timeout = 30_000, remains = false }: TableOptions = {},
): Promise<TableRow[]> {
  const expected = await expectedContent(couchdb, sources);
  let rows: TableRow[] = [];
  const content = async (): Promise<Content> => {
    rows = await readTable(database);
    return Object.fromEntries(
      rows
        .map(({ source, id, rev, deleted, doc }) => [`${source} ${id}`, { rev, deleted, doc }] as const)
        .filter(([name, { deleted }]) => !remains || !deleted || name in expected),
    );
  };
  await vi.waitFor(async () => expect(await content()).toEqual(expected), { timeout, interval: 50 });
  expectKeys(rows);
  return rows;
}

/** A document has its own id as key, unless another source has brought that id before. */
function expectKeys(rows: readonly TableRow[]): void {
  expect(new Set(rows.map(({ key }) => key)).size).toBe(rows.length);
  for (const id of new Set(rows.map((row) => row.id))) {
    const same = rows.filter((row) => row.id === id);
    expect(same.filter(({ key }) => key === id)).toHaveLength(1);
    for (const { key, source } of same) expect([id, `${id}@${source}`]).toContain(key);
  }
}

const userSecrets = new Set(['password', 'password_scheme', 'derived_key', 'salt', 'iterations', 'pbkdf2_prf']);

/** A document as PostgreSQL can hold it: no U+0000, no lone surrogates; and without the secrets of users. */
function storable(doc: CouchDocument): CouchDocument {
  const kept = Object.entries(doc).filter(
    ([name]) => !doc._id.startsWith('org.couchdb.user:') || !userSecrets.has(name),
  );
  return storableValue(Object.fromEntries(kept)) as CouchDocument;
}

function storableValue(value: unknown): unknown {
  if (typeof value === 'string') return value.replaceAll('\0', '').replaceAll(/\p{Surrogate}/gu, '\ufffd');
  if (Array.isArray(value)) return value.map(storableValue);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [storableValue(name), storableValue(inner)]));
}
