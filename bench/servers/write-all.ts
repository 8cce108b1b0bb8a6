import type { Database, Document } from './couchdb.js';

const batchSize = 1_000;
const requestsAtOnce = 4;

/** Writes new documents in `_bulk_docs` of 1,000, some at once. */
export async function writeAll(database: Database, documents: Iterable<Document>): Promise<void> {
  const writes = new Set<Promise<void>>();
  let batch: Document[] = [];
  const flush = async () => {
    if (writes.size >= requestsAtOnce) await Promise.race(writes);
    const write = database.write(batch).finally(() => writes.delete(write));
    writes.add(write);
    batch = [];
  };
  for (const document of documents) {
    batch.push(document);
    if (batch.length === batchSize) await flush();
  }
  if (batch.length > 0) await flush();
  await Promise.all(writes);
}
