import type pg from 'pg';
import { DocumentWriter } from '../../../src/couch2pg/document-writer.js';
import { createLog } from '../../../src/lib/index.js';
import type { Body } from '../models.js';

/** The sources. Both use the same ids, so that the second's documents have keys of their own. */
export const sources = ['one/medic', 'two/medic'] as const;
export type Source = (typeof sources)[number];

/** Documents by their ids; `null` is a tombstone. */
export type Documents = Readonly<Record<string, Body>>;

/** What writes documents as couch2pg does, by couch2pg's own writer. */
export interface Couch2pg {
  write(source: Source, documents: Documents): Promise<void>;
  /**
   * Begins to write documents, and has everything done but the commit: the watermark is locked, the rows have their
   * timestamps. The function returned commits; until then, other writers wait.
   */
  writeLate(source: Source, documents: Documents): Promise<() => Promise<void>>;
}

/** Makes the writers. */
export function createCouch2pg(pool: pg.Pool): Couch2pg {
  const log = createLog({ level: 'silent', format: 'json', secrets: [] });
  let revisions = 0;

  function begin(source: Source, documents: Documents, beforeCommit: () => Promise<void>): Promise<unknown> {
    const mark = { move: () => beforeCommit().then(() => true), hold: () => Promise.resolve(true) };
    const writer = new DocumentWriter({ pool, schema: 'v1', table: 'couchdb', source, sequence: '0', mark, log });
    const rows = Object.entries(documents).map(([id, body]) => {
      revisions += 1;
      const rev = `${revisions}-${'0'.repeat(32)}`;
      const deleted = body === null;
      const doc = { ...(body ?? { _deleted: true }), _id: id, _rev: rev };
      return { id, rev, deleted, doc: Buffer.from(JSON.stringify(doc)) };
    });
    rows.sort((a, b) => (a.id < b.id ? -1 : 1));
    const rest = { bytes: 0, changes: rows.length, pending: null, recent: [] };
    return writer.write({ rows, sequence: String(revisions), ...rest });
  }

  return {
    write: async (source, documents) => {
      await begin(source, documents, () => Promise.resolve());
    },
    writeLate: async (source, documents) => {
      let commit!: () => void;
      const committing = new Promise<void>((resolve) => (commit = resolve));
      let written!: Promise<unknown>;
      await new Promise<void>((resolve, reject) => {
        written = begin(source, documents, () => {
          resolve();
          return committing;
        });
        written.catch(reject);
      });
      return async () => {
        commit();
        await written;
      };
    },
  };
}
