import { expect, test } from 'vitest';
import { createTestDatabase } from '../../test/support/database.js';
import { noticeLostClient } from './lost-client.js';

test('PostgreSQL is told to look soon and often whether the client is still there', async () => {
  await using database = await createTestDatabase();
  const client = await database.pool.connect();
  await noticeLostClient(client);
  const { rows } = await client.query<Record<'idle' | 'interval' | 'count', string>>(
    `SELECT current_setting('tcp_keepalives_idle') AS idle, current_setting('tcp_keepalives_interval') AS interval,
       current_setting('tcp_keepalives_count') AS count`,
  );
  client.release();
  expect(rows).toEqual([{ idle: '10', interval: '5', count: '4' }]);
});
