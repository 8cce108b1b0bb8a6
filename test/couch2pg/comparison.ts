import { tableNames } from '../../src/postgres/index.js';
import { CouchDbClient, Database } from '../../src/couchdb/index.js';
import type { ComparedSource, Difference } from '../../src/couch2pg/index.js';
import { systemClock } from '../../src/lib/index.js';
import { expect } from 'vitest';
import { createTestCouchDb, type TestCouchDatabase, type TestCouchDb } from '../support/couchdb.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { follow } from './follow.js';

/** The name of a test's source. */
export function sourceName(couchdb: TestCouchDb, source: TestCouchDatabase): string {
  return `${new URL(couchdb.url).hostname}/${source.name}`;
}

/** The two sides of a source of a test. */
export function comparison(
  couchdb: TestCouchDb,
  database: TestDatabase,
  source: TestCouchDatabase,
): ComparedSource & AsyncDisposable {
  const credentials = { user: couchdb.user, password: couchdb.password };
  const client = new CouchDbClient({ url: couchdb.url, credentials });
  return {
    database: new Database(client, source.name),
    pool: database.pool,
    names: tableNames('v1', 'couchdb'),
    source: sourceName(couchdb, source),
    clock: systemClock,
    random: Math.random,
    [Symbol.asyncDispose]: () => client.close(),
  };
}

/** Differences as `kind id`, in order. */
export async function shown(differences: AsyncIterable<Difference>): Promise<string[]> {
  const lines: string[] = [];
  for await (const { kind, id } of differences) lines.push(`${kind} ${id}`);
  return lines.sort();
}

/** Runs the sync until it is live with everything written, then ends it. */
export async function synced(
  couchdb: TestCouchDb,
  database: TestDatabase,
  ...sources: TestCouchDatabase[]
): Promise<void> {
  await using following = follow(couchdb, database, sources);
  await expect
    .poll(() => following.couch2pg.status().map(({ state }) => state), { timeout: 20_000, interval: 20 })
    .toEqual(sources.map(() => 'live'));
}

/** A source with documents of these ids, that was followed until both sides were the same, and is not followed now. */
export async function comparedSource(ids: readonly string[], options: { readonly locale?: string } = {}) {
  const couchdb = await createTestCouchDb();
  const database = await createTestDatabase(options);
  const source = await couchdb.createDatabase();
  if (ids.length > 0) await source.write(...ids.map((_id) => ({ _id, n: 1 })));
  await synced(couchdb, database, source);
  const sides = comparison(couchdb, database, source);
  return {
    couchdb,
    database,
    source,
    sides,
    sql: (text: string, ...values: unknown[]) => database.pool.query(text, values),
    [Symbol.asyncDispose]: async () => {
      await sides[Symbol.asyncDispose]();
      await database[Symbol.asyncDispose]();
      await couchdb[Symbol.asyncDispose]();
    },
  };
}
