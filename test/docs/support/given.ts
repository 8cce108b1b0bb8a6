import { expect } from 'vitest';
import type { World } from './world.js';

const soon = { timeout: 30_000, interval: 50 };
const parkedId = 'too-large-a-number';

/** Makes what a block takes for granted; gives the block's text, with names of its own for placeholders, and what undoes it. */
export async function prepare(
  world: World,
  given: 'parked' | 'missing' | undefined,
  text: string,
): Promise<{ readonly text: string } & AsyncDisposable> {
  if (given === 'parked') return park(world, text);
  if (given === 'missing') {
    await world.pool.query(
      `DELETE FROM v1.couchdb WHERE _id = (SELECT min(_id) FROM v1.couchdb WHERE source LIKE '%/medic' AND NOT _deleted)`,
    );
  }
  return { text, [Symbol.asyncDispose]: () => Promise.resolve() };
}

async function park(world: World, text: string): Promise<{ readonly text: string } & AsyncDisposable> {
  const { rev } = (await ask(world, 'PUT', '', `{"type":"data_record","n":1e131072}`)) as { rev: string };
  await untilParked(world, 1);
  return {
    text: text.replaceAll(/\bID\b/g, parkedId),
    [Symbol.asyncDispose]: async () => {
      await ask(world, 'DELETE', `?rev=${rev}`);
      await untilParked(world, 0);
    },
  };
}

async function untilParked({ pool }: World, count: number): Promise<void> {
  const parked = async () => (await pool.query('SELECT FROM v1.couchdb_rejected')).rowCount;
  await expect.poll(parked, soon).toBe(count);
}

async function ask({ couchdb }: World, method: string, query: string, body?: string): Promise<unknown> {
  const authorization = `Basic ${Buffer.from(`${couchdb.user}:${couchdb.password}`).toString('base64')}`;
  const response = await fetch(`${couchdb.url}/medic/${parkedId}${query}`, {
    method,
    headers: { authorization, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body }),
  });
  const answer = await response.text();
  if (!response.ok) throw new Error(`${method}: ${response.status} ${answer}`);
  return JSON.parse(answer) as unknown;
}
