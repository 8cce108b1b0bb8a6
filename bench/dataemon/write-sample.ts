import { sampleData } from '../../src/embedded/index.js';
import type { Database, Source } from '../servers/couchdb.js';

/** The end of the time the sample covers: fixed, so that every run has the same. */
const now = new Date('2026-01-01T00:00:00Z');

/**
 * Writes the sample to databases of names that begin with `prefix`, so that a real CouchDB's own stay alone; its users
 * are left out.
 */
export async function writeSample(
  source: Source,
  prefix: string,
  documents: number,
): Promise<{ medic: Database; databases: string[] }> {
  const databases = new Map<string, Database>();
  for (const { database: name, documents: docs, newEdits } of sampleData({ documents, now })) {
    if (name === '_users') continue;
    const database = databases.get(name) ?? (await source.createDatabase(`${prefix}-${name}`));
    databases.set(name, database);
    await database.write(docs, newEdits);
  }
  const medic = databases.get('medic');
  if (medic === undefined) throw new Error('the sample has no medic');
  return { medic, databases: [...databases.values()].map(({ name }) => name) };
}
