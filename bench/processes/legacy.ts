import pg from 'pg';
import { Agent, request } from 'undici';
import type { PostgresConnection } from '../../src/postgres/index.js';
import { serve } from './serve.js';

/** What is loaded, and where it goes. */
export interface LegacySettings {
  /** The address of the database. */
  readonly database: string;
  readonly cookie: string;
  /** What stands in the column `source`. */
  readonly source: string;
  readonly connection: PostgresConnection;
  /** How many documents to load, at least: it ends with the page that brings them. */
  readonly documents: number;
}

/** What it took. */
export interface LegacyLoad {
  readonly rows: number;
  readonly ms: number;
}

interface Page {
  readonly results: readonly { id: string; deleted?: boolean; doc: object }[];
  readonly last_seq: string;
}

const pageRows = 1_000;
const columns = 5;

const calls = {
  /**
   * Loads in the way of the tool that CHT Sync takes the place of, written from its description: pages of 1,000 changes
   * with their documents, parsed and made to text again; one `INSERT ... VALUES` a page with five parameters a row; the
   * checkpoint in a transaction of its own; a new connection for every query. (It also asked CouchDB once a page for what
   * is pending and searched each text for U+0000; both are left out.)
   */
  load: async ({ database, cookie, source, connection, documents }: LegacySettings): Promise<LegacyLoad> => {
    const agent = new Agent();
    const started = performance.now();
    let rows = 0;
    while (rows < documents) {
      const [stored] = await query(connection, 'SELECT seq FROM v1.couchdb_progress WHERE source = $1', [source]);
      const since = (stored as { seq: string } | undefined)?.seq ?? '0';
      const { body, statusCode } = await request(
        `${database}/_changes?include_docs=true&limit=${pageRows}&since=${encodeURIComponent(since)}`,
        { dispatcher: agent, headers: { cookie, accept: 'application/json' } },
      );
      if (statusCode !== 200) throw new Error(`the feed was answered with ${statusCode}: ${await body.text()}`);
      const { results, last_seq: sequence } = (await body.json()) as Page;
      if (results.length === 0) break;
      await query(connection, insertOf(results.length), valuesOf(results, source));
      await query(connection, moveCheckpoint, [sequence, source]);
      rows += results.length;
    }
    const ms = performance.now() - started;
    await agent.close();
    return { rows, ms };
  },
};

/** What the process of the legacy way offers. */
export type LegacyCalls = typeof calls;

async function query(connection: PostgresConnection, text: string, values: unknown[]): Promise<unknown[]> {
  const client = new pg.Client({ ...connection });
  await client.connect();
  try {
    return (await client.query<object>(text, values)).rows;
  } finally {
    await client.end();
  }
}

function insertOf(rows: number): string {
  const row = (n: number) => `(${Array.from({ length: columns }, (_, i) => `$${n * columns + i + 1}`).join(', ')})`;
  return `
    INSERT INTO v1.couchdb (saved_timestamp, _id, _deleted, source, doc)
    VALUES ${Array.from({ length: rows }, (_, n) => row(n)).join(', ')}
    ON CONFLICT (_id) DO UPDATE SET
      saved_timestamp = excluded.saved_timestamp, _deleted = excluded._deleted, source = excluded.source, doc = excluded.doc`;
}

function valuesOf(results: Page['results'], source: string): unknown[] {
  const now = new Date().toISOString();
  return results.flatMap(({ id, deleted, doc }) => [now, id, deleted ?? false, source, JSON.stringify(doc)]);
}

const moveCheckpoint = `
  INSERT INTO v1.couchdb_progress (seq, source) VALUES ($1, $2) ON CONFLICT (source) DO UPDATE SET seq = excluded.seq`;

serve(calls);
