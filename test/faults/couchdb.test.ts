import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createTestCouchDb, type TestCouchDb } from '../support/couchdb.js';
import { Disposables } from '../support/disposables.js';
import type { HttpEffect } from './support/couchdb-proxy.js';
import { Scene, type Instance } from './support/scene.js';

const soon = { timeout: 60_000, interval: 20 };
const isReal = process.env.COUCHDB_TEST_URL !== undefined;

const stack = new Disposables();
let couchdb: TestCouchDb;
beforeAll(async () => {
  couchdb = stack.use(await createTestCouchDb());
});
afterAll(() => stack[Symbol.asyncDispose]());

interface Case {
  readonly answer: string;
  readonly effect: HttpEffect;
  readonly code: RegExp;
  readonly times: number;
}

const unreachable = /^COUCHDB_UNREACHABLE$/;
const status = (value: number, code = unreachable): Case => ({
  ...{ answer: String(value), code, times: 2 },
  effect: { kind: 'status', status: value },
});
const cases: readonly Case[] = [
  // A session that has expired is renewed without a word, so it takes two for an error.
  { ...status(401, /^COUCHDB_UNAUTHORIZED$/), times: 4 },
  status(404, /^COUCHDB_DATABASE_MISSING$/),
  ...[413, 429, 500, 503].map((value) => status(value)),
  { answer: 'none', effect: { kind: 'hang', afterBytes: 0 }, code: unreachable, times: 1 },
  { answer: 'one that stops', effect: { kind: 'hang', afterBytes: 20 }, code: unreachable, times: 1 },
  ...(['end', 'reset', 'whole'] as const).map((how) => ({
    answer: `one that is cut (${how})`,
    effect: { kind: 'cut', afterBytes: 20, how } as const,
    // What looks whole but is not JSON may as well come from something that is not CouchDB.
    code: how === 'whole' ? /^COUCHDB_(UNREACHABLE|ANSWER_INVALID)$/ : unreachable,
    times: 2,
  })),
];

describe.each([
  { asked: 'to sign in', path: /_session/ },
  { asked: 'what the database is', path: /^\/[^/_]+$/ },
  { asked: 'for the first page', path: /_changes\?feed=normal&since=0&/, fromTheBeginning: true },
  { asked: 'for a page behind the checkpoint', path: /_changes\?feed=normal&since=[^0]/ },
  { asked: 'for the live feed', path: /_changes\?feed=continuous/, isLive: true },
  { asked: 'for a document', path: /^\/[^/]+\/late-/, fetchesDocuments: true },
])('a CouchDB that is asked $asked', ({ path, fromTheBeginning, isLive, fetchesDocuments }) => {
  let scene: Scene;
  let n = 0;

  beforeAll(async () => {
    scene = stack.use(await Scene.open({ couchdb }));
    await scene.source.write(...Array.from({ length: 10 }, (_, i) => ({ _id: `first-${i}`, text: 'x'.repeat(50) })));
    await using instance = scene.start();
    await instance.until('live');
    if (fetchesDocuments === true) couchdb.embedded?.awkwardness.set({ nullDocEvery: 1 });
  });
  afterAll(() => couchdb.embedded?.awkwardness.reset());

  const strike = async (instance: Instance, { effect, code, times }: Case) => {
    const before = scene.couchdbProxy.struck;
    scene.couchdbProxy.fail({ path, effect, times });
    if (isLive === true) {
      // The feed that is open is not struck.
      scene.couchdbProxy.tcp.cut('end');
      await scene.source.write({ _id: `live-${(n += 1)}`, text: 'x'.repeat(50) });
    }
    await expect.poll(() => scene.couchdbProxy.struck - before, soon).toBe(times);
    await instance.tells(code);
  };

  test.each(cases)('and has for an answer: $answer', async (one) => {
    if (isReal && fetchesDocuments === true) return;
    if (path.test('/_session') && one.effect.kind !== 'status' && one.effect.kind !== 'hang') return;
    if (fromTheBeginning === true) await scene.database.pool.query('TRUNCATE v1.couchdb, v1.couchdb_progress');
    if (fetchesDocuments === true) await scene.source.write({ _id: `late-${(n += 1)}` });
    const instance = scene.start();
    if (isLive === true) await instance.until('live');
    await strike(instance, one);
    await scene.caughtUp();
    await expect.poll(() => instance.status(), soon).toMatchObject({ state: 'live', error: null });
    // One line when it began, however often it was tried; a source that has written something meanwhile tells it anew.
    const told = await instance.tells(one.code);
    const codes = new Set(told.map(({ code }) => code));
    expect(told.length, JSON.stringify(instance.lines)).toBeLessThanOrEqual(
      isLive === true ? one.times + 1 : codes.size,
    );
    await instance[Symbol.asyncDispose]();
  });
});

test('a CouchDB that asks for a pause is left alone for as long', async () => {
  await using scene = await Scene.open({ couchdb });
  const path = /^\/[^/_]+$/;
  scene.couchdbProxy.fail({ path, effect: { kind: 'status', status: 429, retryAfterSeconds: 2 }, times: 1 });
  const instance = scene.start();
  await instance.tells(/^COUCHDB_UNREACHABLE$/);
  const began = performance.now();
  await instance.until('live');
  // It was told of a little after it was asked.
  expect(performance.now() - began).toBeGreaterThan(1_500);
});

describe('a connection to CouchDB', () => {
  test('that is half-open is noticed within a few heartbeats, while nothing happens', async () => {
    await using scene = await Scene.open({ couchdb });
    const instance = scene.start();
    await instance.until('live');
    const began = performance.now();
    scene.couchdbProxy.tcp.vanish();
    await instance.tells(unreachable);
    expect(performance.now() - began).toBeLessThan(5_000);
    await scene.source.write({ _id: 'a' });
    await scene.caughtUp();
  });

  test('that is slow, late, reset or left without a word loses nothing', async () => {
    await using scene = await Scene.open({ couchdb });
    const instance = scene.start();
    const { tcp } = scene.couchdbProxy;
    for (const [name, conditions] of [
      ['slow', { bytesPerSecond: 2_000 }],
      ['late', { latencyMs: 100 }],
      ['reset', { connect: 'reset' }],
      ['without a word', { connect: 'hang' }],
    ] as const) {
      tcp.set(conditions);
      tcp.cut('reset');
      await scene.source.write(...Array.from({ length: 5 }, (_, i) => ({ _id: `${name} ${i}`, text: 'x'.repeat(50) })));
      if ('connect' in conditions) {
        await instance.tells(unreachable);
        tcp.heal();
      }
      await scene.caughtUp();
      tcp.heal();
    }
  });
});
