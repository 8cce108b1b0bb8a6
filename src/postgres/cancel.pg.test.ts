import { expect, test } from 'vitest';
import { createTestDatabase } from '../../test/support/database.js';
import { cancelOnAbort } from './cancel.js';

test('a statement that is running when the signal aborts is cancelled, and what comes after it is not', async () => {
  await using database = await createTestDatabase();
  const client = await database.pool.connect();
  try {
    const stop = new AbortController();
    const release = await cancelOnAbort(database.pool, client, stop.signal);
    const sleeping = client.query('SELECT pg_sleep(60)');
    const isRunning = `SELECT FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep%' AND state = 'active'`;
    await expect.poll(async () => (await database.pool.query(isRunning)).rowCount).toBe(1);
    stop.abort();
    await expect(sleeping).rejects.toMatchObject({ code: '57014' });
    release();

    const again = new AbortController();
    (await cancelOnAbort(database.pool, client, again.signal))();
    again.abort();
    expect((await client.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
  } finally {
    client.release(true);
  }
});
