import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Command } from '../support/command.js';
import { createTestCouchDb, type TestCouchDb, type TestDocument } from '../support/couchdb.js';
import { Disposables } from '../support/disposables.js';
import { readTable } from '../end-to-end/support/table.js';
import { expectNothingHalf } from './support/checkpoint.js';
import type { HttpEffect } from './support/couchdb-proxy.js';
import { transactionPoints, type Step } from './support/postgres-messages.js';
import { Scene } from './support/scene.js';
import { WatermarkReader } from './support/watermark-reader.js';

const smallBatches = { BATCH_SIZE: '5' };

const stack = new Disposables();
let couchdb: TestCouchDb;
beforeAll(async () => {
  couchdb = stack.use(await createTestCouchDb());
});
afterAll(() => stack[Symbol.asyncDispose]());

/** Waits until a process has been killed. */
async function expectKilled(victim: Command): Promise<void> {
  expect(await victim.end(), victim.stderr).toMatchObject({ signal: 'SIGKILL' });
}

test.each(['before', 'middle', 'answered'] as const)(
  'couch2pg that is killed while it makes its tables (%s) makes them the next time',
  async (moment) => {
    await using scene = await Scene.open({ couchdb });
    await scene.source.write({ _id: 'a' });
    const killed = scene.postgresProxy.once('migrate', moment, () => void process.kill(victim.pid, 'SIGKILL'));
    const victim = scene.command();
    await killed;
    await expectKilled(victim);
    scene.command();
    await scene.caughtUp();
  },
);

describe('couch2pg that is killed leaves nothing half done, and the next one goes on just there', () => {
  let scene: Scene;
  let reader: WatermarkReader;
  let victim: Command;
  let documents = 0;

  beforeAll(async () => {
    scene = stack.use(await Scene.open({ couchdb }));
    reader = stack.use(new WatermarkReader(scene.database));
    victim = scene.command(smallBatches);
    await victim.says(/is live/);
  });

  const kill = () => void process.kill(victim.pid, 'SIGKILL');

  /** New documents, an edit and a delete, all at once; more than one batch of them. */
  const write = async (about: string) => {
    const changed: TestDocument[] = Array.from({ length: 12 }, () => ({ _id: `d${(documents += 1)}`, about }));
    if (documents > 20) {
      changed.push({ ...(await scene.source.get(`d${documents - 12}`)), about: 'edited' });
      const { _rev } = await scene.source.get(`d${documents - 13}`);
      changed.push({ _id: `d${documents - 13}`, _rev: _rev!, _deleted: true });
    }
    await scene.source.write(...changed);
  };

  /** Looks at what the killed one has left behind, and has another one go on. */
  const goOn = async () => {
    await expectKilled(victim);
    await expectNothingHalf(scene);
    const before = new Map((await readTable(scene.database)).map((row) => [row.key, row]));
    victim = scene.command(smallBatches);
    const rows = await scene.caughtUp();
    await reader.hasSeen(rows);
    const writtenAgain = rows.filter(({ key, rev, savedTimestamp }) => {
      const old = before.get(key);
      return old?.rev === rev && old.savedTimestamp !== savedTimestamp;
    });
    expect(writtenAgain).toEqual([]);
  };

  const atStart = (['lock', 'read-checkpoint', 'report'] satisfies Step[]).flatMap((step) =>
    (['before', 'answered'] as const).map((moment) => ({ step, moment })),
  );
  test.each(atStart)('at its start, at the step $step ($moment)', async ({ step, moment }) => {
    kill();
    await expectKilled(victim);
    await write(`${step} ${moment}`);
    const killed = scene.postgresProxy.once(step, moment, kill);
    victim = scene.command(smallBatches);
    await killed;
    await goOn();
  });

  test.each(transactionPoints)('in a transaction, at the step $step ($moment)', async ({ step, moment }) => {
    const killed = scene.postgresProxy.once(step, moment, kill);
    await write(`${step} ${moment}`);
    await killed;
    await goOn();
  });

  test.each([
    { request: 'sign-in', path: /_session/, afterBytes: 0 },
    { request: 'the question what the database is', path: /^\/[^_/]+$/, afterBytes: 20 },
    { request: 'the first page', path: /feed=normal/, afterBytes: 0 },
    { request: 'the first page, in its middle', path: /feed=normal/, afterBytes: 700 },
  ])('at its start, at $request', async ({ path, afterBytes }) => {
    kill();
    await expectKilled(victim);
    await write(path.source);
    const effect: HttpEffect = { kind: 'call', afterBytes, act: kill };
    scene.couchdbProxy.fail({ path, effect });
    victim = scene.command(smallBatches);
    await goOn();
  });

  test('while it is live, in the middle of a row of the feed', async () => {
    kill();
    await expectKilled(victim);
    scene.couchdbProxy.fail({ path: /feed=continuous/, effect: { kind: 'call', afterBytes: 333, act: kill } });
    victim = scene.command(smallBatches);
    await victim.says(/is live/);
    await write('live');
    await goOn();
  });
});
