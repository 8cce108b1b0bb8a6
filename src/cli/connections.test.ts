import { expect, test } from 'vitest';
import { loadConfig } from '../config/index.js';
import { createLog } from '../lib/index.js';
import { dataemonOptions } from './connections.js';

test('what is configured for the dataemon reaches it, in its own units', () => {
  const folder = import.meta.dirname;
  const env = { DBT_RUN_TIMEOUT: '7', DBT_REBUILD_TIMEOUT: '8', DBT_BATCH_SIZE: '9', DBT_BATCH_ORDER: 'newest' };
  const config = loadConfig({ folder, env, flags: {} }).config();
  const log = createLog({ level: 'silent', format: 'json', secrets: [] });
  const connection = { host: 'db', port: 5432, user: 'u', password: 'p', database: 'd' };
  expect(dataemonOptions(config, { folder, env }, connection, log)).toMatchObject({
    ...{ runTimeoutMs: 7_000, rebuildTimeoutMs: 8_000, batchSize: 9, batchOrder: 'newest' },
  });
});
