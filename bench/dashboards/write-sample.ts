import type pg from 'pg';
import { DocumentWriter } from '../../src/couch2pg/document-writer.js';
import { stagedRow } from '../../src/couch2pg/staged-row.js';
import { sampleData } from '../../src/embedded/index.js';
import { createLog } from '../../src/lib/index.js';

/** The host that the documents are said to be from. */
export const sampleHost = 'cht.example.org';

/** What is written. */
export interface SampleSize {
  readonly documents: number;
  /** The end of the two years that the sample covers. */
  readonly now: Date;
}

/** Writes the demonstration's documents by couch2pg's own writer, with no CouchDB between: to tables that are there. */
export async function writeSample(pool: pg.Pool, size: SampleSize): Promise<void> {
  const log = createLog({ level: 'silent', format: 'json', secrets: [] });
  const writers = new Map<string, { writer: DocumentWriter; batches: number }>();
  for (const { database, documents } of sampleData(size)) {
    const source = `${sampleHost}/${database}`;
    const known = writers.get(database) ?? {
      writer: new DocumentWriter({ pool, schema: 'v1', table: 'couchdb', source, sequence: undefined, log }),
      batches: 0,
    };
    writers.set(database, known);
    known.batches += 1;
    const rows = documents.map(({ _id: id, _rev, _revisions: _, _deleted, ...body }) => {
      const rev = typeof _rev === 'string' ? _rev : '1-0';
      const deleted = _deleted === true;
      const text = Buffer.from(JSON.stringify({ _id: id, _rev: rev, ...body, ...(deleted ? { _deleted } : {}) }));
      return stagedRow(database, { id, rev, deleted, text }).row;
    });
    rows.sort((one, other) => (one.id < other.id ? -1 : 1));
    const sequence = `${known.batches}-sample`;
    await known.writer.write({ rows, bytes: 0, changes: rows.length, sequence, pending: 0, recent: [] });
  }
}
