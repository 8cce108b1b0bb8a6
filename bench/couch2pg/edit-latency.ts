import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import type { PostgresConnection } from '../../src/postgres/index.js';
import type { Database, Document } from '../servers/couchdb.js';

/** Between two edits, in milliseconds. */
const pauseMs = { from: 20, to: 100 };
const pollMs = 1;
const limitMs = 30_000;

/**
 * Edits each document once, at random distances whether or not the one before has arrived, and gives for each the
 * milliseconds from the answer of its PUT to the answer of the first query that sees its new revision in the table. Such
 * a query, by primary key, is sent a millisecond after the one before was answered, so the figures are high by up to
 * about two milliseconds.
 */
export async function editLatencies(
  database: Database,
  connection: PostgresConnection,
  documents: readonly Document[],
): Promise<number[]> {
  const client = new pg.Client({ ...connection });
  await client.connect();
  const awaited = new Map<string, { rev: string; answered: number }>();
  const latencies: number[] = [];
  const over = new AbortController();

  const edit = async () => {
    for (const document of documents) {
      await sleep(pauseMs.from + Math.random() * (pauseMs.to - pauseMs.from));
      const rev = await database.put({ ...document, edited: true });
      awaited.set(document._id, { rev, answered: performance.now() });
    }
  };
  const look = async () => {
    const { rows } = await client.query<{ id: string; rev: string }>({
      name: 'awaited',
      text: 'SELECT _id AS id, _rev AS rev FROM v1.couchdb WHERE _id = ANY($1)',
      values: [[...awaited.keys()]],
    });
    const now = performance.now();
    for (const { id, rev } of rows) {
      const edited = awaited.get(id);
      if (edited?.rev !== rev) continue;
      latencies.push(now - edited.answered);
      awaited.delete(id);
    }
    for (const [id, { answered }] of awaited) {
      if (now - answered > limitMs) throw new Error(`the edit of ${id} did not arrive`);
    }
  };
  const watch = async () => {
    while (latencies.length < documents.length && !over.signal.aborted) {
      if (awaited.size > 0) await look();
      await sleep(pollMs);
    }
  };
  try {
    await Promise.all([edit(), watch()]);
  } finally {
    over.abort();
    await client.end();
  }
  return latencies;
}
