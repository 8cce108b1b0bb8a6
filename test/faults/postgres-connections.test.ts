import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createTestCouchDb, type TestCouchDb } from '../support/couchdb.js';
import { Disposables } from '../support/disposables.js';
import { transactionSteps } from './support/postgres-messages.js';
import { Scene } from './support/scene.js';
import { WatermarkReader } from './support/watermark-reader.js';

const promisedStopMs = 10_000;
const stack = new Disposables();
let couchdb: TestCouchDb;
beforeAll(async () => {
  couchdb = stack.use(await createTestCouchDb());
});
afterAll(() => stack[Symbol.asyncDispose]());

describe('connections to PostgreSQL that are half-open', () => {
  test('are given up, at any step of a transaction, and the source goes on', async () => {
    await using scene = await Scene.open({ couchdb });
    await using reader = new WatermarkReader(scene.database);
    const instance = scene.start({ answerTimeoutMs: 400 });
    await instance.until('live');
    for (const step of transactionSteps) {
      const struck = scene.postgresProxy.once(step, 'before', (link) => link.vanish());
      await scene.source.write({ _id: `a ${step}` }, { _id: `b ${step}` });
      await struck;
      await instance.tells(/^POSTGRES_UNREACHABLE$/);
      // Till then the session that nobody speaks with any more may hold the watermark.
      scene.postgresProxy.tcp.forgetVanished();
      await reader.hasSeen(await scene.caughtUp());
    }
  });

  test('hold back the next try only until PostgreSQL has noticed, when the lock of the source is on one', async () => {
    await using scene = await Scene.open({ couchdb });
    await using reader = new WatermarkReader(scene.database);
    const instance = scene.start({ answerTimeoutMs: 400 });
    await instance.until('live');
    const struck = scene.postgresProxy.once('upsert', 'answered', () => scene.postgresProxy.tcp.vanish());
    await scene.source.write({ _id: 'a' });
    await struck;
    await instance.until('standby');
    scene.postgresProxy.tcp.forgetVanished();
    await reader.hasSeen(await scene.caughtUp());
    await instance.until('live');
  });
});

describe.concurrent('the process ends in time when it is told to', () => {
  test('with connections that are half-open', async () => {
    await using scene = await Scene.open({ couchdb });
    const command = scene.command();
    await command.says(/is live/);
    const struck = scene.postgresProxy.once('copy', 'before', () => scene.postgresProxy.tcp.vanish());
    await scene.source.write({ _id: 'a' });
    await struck;
    const end = await command.stop();
    expect(end, command.stderr).toMatchObject({ code: 0 });
    expect(end.tookMs).toBeLessThan(promisedStopMs);
    scene.postgresProxy.tcp.forgetVanished();
    scene.command();
    await scene.caughtUp();
  });

  test('with a PostgreSQL that accepts connections and says nothing', async () => {
    await using scene = await Scene.open({ couchdb });
    scene.postgresProxy.tcp.set({ connect: 'hang' });
    const command = scene.command();
    await command.says(/couch2pg runs/);
    const end = await command.stop();
    expect(end, command.stderr).toMatchObject({ code: 0 });
    expect(end.tookMs).toBeLessThan(promisedStopMs);
  });
});
