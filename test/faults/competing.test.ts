import { expect, test } from 'vitest';
import { lockSource } from '../../src/couch2pg/source-lock.js';
import { systemClock, type SyncError } from '../../src/lib/index.js';
import { Scene } from './support/scene.js';
import type { Link } from './support/tcp-proxy.js';
import { WatermarkReader } from './support/watermark-reader.js';

test('two instances that both believe to hold the lock do each other no harm, and one of them steps back', async () => {
  await using scene = await Scene.open();
  await using reader = new WatermarkReader(scene.database);
  const { postgresProxy } = scene;
  let lock: Link | undefined;
  const taken = postgresProxy.once('lock', 'answered', (link) => void (lock = link));
  const first = scene.start({ batchRows: 3 });
  await taken;
  await first.until('live');
  // PostgreSQL takes the session that holds the lock for dead, and its client is not told.
  lock?.vanish();
  postgresProxy.tcp.forgetVanished();
  const second = scene.start({ batchRows: 5 });
  await second.until('live');
  expect(first.status().state).toBe('live');

  const ids = Array.from({ length: 20 }, (_, n) => `d${n}`);
  await scene.source.write(...ids.map((_id) => ({ _id })));
  for (let round = 0; round < 10; round += 1) {
    await scene.source.write(
      ...(await Promise.all(ids.map((id) => scene.source.get(id)))).map((doc) => ({ ...doc, round })),
    );
  }
  await scene.source.remove('d0');
  await reader.hasSeen(await scene.caughtUp());
  // Whichever finds its checkpoint moved steps back and asks for the lock; in the end one has it and is alone.
  const states = async () => {
    await scene.source.write({ ...(await scene.source.get('d1')), again: true });
    return [first.status().state, second.status().state].sort();
  };
  await expect.poll(states, { timeout: 30_000, interval: 300 }).toEqual(['live', 'standby']);
  const told = [...first.lines, ...second.lines].filter(({ level }) => level === 'warn').map(({ code }) => code);
  expect(told).toContain('CHECKPOINT_MOVED');
});

test('an instance notices that the connection which holds its lock is half-open', async () => {
  await using scene = await Scene.open();
  const { tcp } = scene.postgresProxy;
  let lost: SyncError | undefined;
  const lock = await lockSource({
    ...{ name: 'test', source: 'test', clock: systemClock, signal: new AbortController().signal, standbyMs: 100 },
    connection: { ...scene.postgresProxy.before(scene.database).connection, answerTimeoutMs: 300 },
    onStandby: () => undefined,
    onTry: () => undefined,
    onLost: (error) => (lost = error),
    onControl: () => undefined,
  });
  await lock?.check();
  expect(lost).toBeUndefined();
  tcp.vanish();
  await lock?.check();
  expect(lost).toMatchObject({ code: 'POSTGRES_UNREACHABLE' });
  await lock?.release();
});
