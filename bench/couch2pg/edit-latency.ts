import { setTimeout as sleep } from 'node:timers/promises';
import { revisionsOfDocuments, Watcher } from '../measure/watcher.js';
import type { PostgresConnection } from '../../src/postgres/index.js';
import type { Database, Document } from '../servers/couchdb.js';

/** Between two edits, in milliseconds. */
const pauseMs = { from: 20, to: 100 };

/**
 * Edits each document once, at random distances and whether or not the one before has arrived. Gives for each the
 * milliseconds from the answer of its PUT to the answer of the first query that sees its new revision in the table.
 */
export async function editLatencies(
  database: Database,
  connection: PostgresConnection,
  documents: readonly Document[],
): Promise<number[]> {
  const watcher = await Watcher.open(connection, revisionsOfDocuments);
  const latencies: Promise<number>[] = [];
  try {
    for (const document of documents) {
      await sleep(pauseMs.from + Math.random() * (pauseMs.to - pauseMs.from));
      const rev = await database.put({ ...document, edited: true });
      const answered = performance.now();
      const latency = watcher.expect(document._id, rev).then(({ notAfter }) => notAfter - answered);
      // A failure is met below.
      latency.catch(() => undefined);
      latencies.push(latency);
    }
    return await Promise.all(latencies);
  } finally {
    await watcher.close();
  }
}
