import { setTimeout as pause } from 'node:timers/promises';
import type pg from 'pg';
import { expect, test } from 'vitest';
import { readsBetween, readsOfTables, withoutAutovacuum, type TableReads } from '../../bench/pipeline/blocks.js';
import { defineDocuments, writeDocuments, writeIncrement } from '../../bench/pipeline/mixed-documents.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { startDbt, type Dbt } from '../support/dbt.js';
import { createDocuments } from './models.js';

const v1 = { schema: 'v1' };
const few = 2_000;
const many = 50_000;
/** To read all rows of a smaller table is cheaper than to look for some. */
const large = 4_000;

async function quietReads(database: TestDatabase): Promise<Map<string, TableReads>> {
  // dbt's connections have ended, and publish their statistics when they do.
  await pause(200);
  return readsOfTables(database.pool, 'v1');
}

async function costOfIncrement(database: TestDatabase, dbt: Dbt, client: pg.ClientBase, count: number, round: number) {
  await writeIncrement(client, count, round);
  // Of its own reads, too, the session publishes its part: an idle one after a second.
  await pause(1_500);
  const before = await quietReads(database);
  await dbt.run(v1, 'run');
  const reads = readsBetween(before, await quietReads(database));
  return {
    blocks: [...reads.values()].reduce((sum, { blocks }) => sum + blocks, 0),
    scanned: [...reads].filter(([, { scanned }]) => scanned >= large).map(([name, { scanned }]) => ({ name, scanned })),
  };
}

test('an increment of a hundred documents reads no more of a table of 50,000 documents than of one of 2,000', async () => {
  await using database = await createTestDatabase();
  await using dbt = await startDbt(database);
  await createDocuments(database.pool);
  const client = await database.pool.connect();
  try {
    await defineDocuments(client);
    const costs = [];
    for (const [round, count] of [few, many].entries()) {
      await writeDocuments(client, round === 0 ? 0 : few + 100, count);
      await dbt.run(v1, 'run', '--full-refresh');
      await withoutAutovacuum(database.pool, 'v1');
      // The first one after a rebuild finds colder tables than those that follow.
      await costOfIncrement(database, dbt, client, count, 2 * round);
      costs.push(await costOfIncrement(database, dbt, client, count, 2 * round + 1));
    }
    const [small, big] = costs;
    expect(big!.scanned).toEqual([]);
    expect(big!.blocks / small!.blocks).toBeLessThan(1.5);
  } finally {
    client.release();
  }
});
