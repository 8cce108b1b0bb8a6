import { cpuOf } from '../measure/cpu.js';
import { startChild } from '../processes/child.js';
import type { LegacyCalls } from '../processes/legacy.js';
import { createTables } from './create-tables.js';
import type { FirstLoadOptions } from './first-load.js';

/** What a load in the legacy way took. */
export interface LegacyFirstLoad {
  readonly perSecond: number;
  /** Of the process that loads, in microseconds a document; null where there is no /proc. */
  readonly cpu: number | null;
}

/** Has the legacy way load so many documents into empty tables as couch2pg makes them: see processes/legacy.ts. */
export async function legacyLoad({
  source,
  database,
  postgres,
  documents,
}: FirstLoadOptions): Promise<LegacyFirstLoad> {
  const connection = await postgres.createDatabase();
  await createTables(connection);
  await postgres.admin.query('CHECKPOINT');
  try {
    await using legacy = await startChild<LegacyCalls>('legacy');
    const before = cpuOf(legacy.pid);
    const { rows, ms } = await legacy.call('load', {
      database: database.address,
      cookie: await source.signIn(),
      source: `${new URL(source.url).hostname}/${database.name}`,
      connection,
      documents,
    });
    if (rows < documents) throw new Error(`${rows} documents came instead of ${documents}`);
    const after = cpuOf(legacy.pid);
    return {
      perSecond: (rows * 1000) / ms,
      cpu: before === null || after === null ? null : ((after - before) * 1e6) / rows,
    };
  } finally {
    await postgres.dropDatabase(connection);
  }
}
