import pg from 'pg';
import { expect, test } from 'vitest';
import { DataemonBench, until } from './support/dataemon-bench.js';
import { incremental, tinyPackage } from './support/package.js';

const minute = 60_000;

/** A model that is not made before a lock is free; it looks again and again, so that no limit of a lock ends it. */
const waiting = (lock: number) => incremental(`uuid, v1.until_free(${lock}) AS waited`, `{{ ref('root') }}`);

const untilFree = `CREATE FUNCTION v1.until_free(lock int) RETURNS int LANGUAGE plpgsql AS $$ BEGIN
  WHILE NOT pg_try_advisory_xact_lock_shared(lock) LOOP PERFORM pg_sleep(0.05); END LOOP; RETURN lock; END $$`;

test('a rebuild that makes progress is not taken for stuck, one without any is, and so is a run that does not end', async () => {
  await using bench = await DataemonBench.open();
  await bench.rows(untilFree);
  await bench.save({ _id: 'a', type: 'person' });
  const holder = new pg.Client(bench.database.connection);
  await holder.connect();
  const hold = (lock: number) => holder.query('SELECT pg_advisory_lock($1)', [lock]);
  const free = (lock: number) => holder.query('SELECT pg_advisory_unlock($1)', [lock]);
  try {
    await hold(1);
    await hold(2);
    const path = await bench.package(tinyPackage({ 'models/one.sql': waiting(1), 'models/two.sql': waiting(2) }));
    let passed = 0;
    const limits = { runTimeoutMs: 10 * minute, rebuildTimeoutMs: 60 * minute };
    const monotonicMs = () => passed + performance.now();
    const dataemon = bench.start({ kind: 'local', path }, { ...limits, increments: 'dbt', monotonicMs });
    const isRunning = (name: string) =>
      dataemon.status().models.some((model) => model.name === name && model.status === 'running');

    await until(() => isRunning('one'), 'the first model of the rebuild');
    passed += 70 * minute;
    // Steps are taken beside it all the time.
    await until(() => dataemon.stuck === undefined, 'the judgement of a rebuild that is late, but not too late');
    await free(1);
    await until(() => isRunning('two'), 'the next');
    passed += 70 * minute;
    await until(() => dataemon.stuck === undefined, 'that its progress counts');
    passed += 10 * minute;
    await until(() => /^a rebuild .* no progress for 80 minutes$/.test(dataemon.stuck ?? ''), 'that it is noticed');
    await free(2);
    await until(() => dataemon.status().state === 'idle', 'the end of the rebuild');
    expect(dataemon.stuck).toBeUndefined();

    await hold(1);
    await bench.save({ _id: 'b', type: 'person' });
    await until(() => isRunning('one'), 'the increment');
    passed += 24 * minute;
    expect(dataemon.stuck).toBeUndefined();
    passed += 2 * minute;
    expect(dataemon.stuck).toMatch(/^the models have been running for 26 minutes without a sign$/);
    await free(1);
    await until(() => dataemon.status().state === 'idle', 'the end of the increment');
    expect(dataemon.stuck).toBeUndefined();
  } finally {
    await holder.end();
  }
});
