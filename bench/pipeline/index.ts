import pg from 'pg';
import type { Arguments } from '../arguments.js';
import { createTables } from '../couch2pg/create-tables.js';
import { progress } from '../progress.js';
import type { Section } from '../report.js';
import type { Scratch } from '../scratch.js';
import { openPostgres } from '../servers/postgres.js';
import { measureFullRefresh } from './full-refresh.js';
import { incrementSection, measureIncrements, type IncrementCost } from './increments.js';
import { defineDocuments, writeDocuments } from './mixed-documents.js';

/**
 * Measures what an increment costs at a hundredth, a tenth and all of the documents, and a full refresh of all of them
 * beside a scan of the table and beside a package of the usual kind.
 */
export async function benchPipeline(
  { documents, edits, rounds }: Arguments,
  scratch: Scratch,
): Promise<readonly Section[]> {
  const server = await openPostgres(scratch);
  const { folder } = scratch;
  const costs: IncrementCost[] = [];
  for (const count of [documents / 100, documents / 10, documents].map(Math.round)) {
    const connection = await server.createDatabase();
    await createTables(connection);
    const client = new pg.Client({ ...connection });
    await client.connect();
    try {
      progress(`writing ${count} documents`);
      await defineDocuments(client);
      await writeDocuments(client, 0, count);
      const refresh =
        count === documents ? await measureFullRefresh({ client, connection, documents, rounds, folder }) : undefined;
      costs.push(await measureIncrements(server, connection, client, { documents: count, edits, rounds, folder }));
      if (refresh !== undefined) return [incrementSection(costs), refresh];
    } finally {
      await client.end();
    }
    await server.dropDatabase(connection);
  }
  return [];
}
