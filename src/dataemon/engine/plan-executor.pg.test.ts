import { expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../test/support/database.js';
import { systemClock } from '../../lib/index.js';
import type { Model, ModelGraph } from '../manifest/graph.js';
import { planOfModel } from './plan.js';
import { PlanExecutor, type PlannedModel } from './plan-executor.js';

const fingerprint = { sql: '', config: '', contract: '', macros: '', inputs: '' };
const timeoutMs = 5_000;

function model(name: string, ...parents: string[]): Model {
  const relation = { schema: 'public', alias: name, materialized: 'incremental', plannable: true };
  return { id: name, name, fqn: [name], ...relation, parents, fingerprint };
}

/** A plan that puts a row into the table `done`. */
function planned(model: Model, { open = `false AS is_first, false AS is_empty`, apply = 'true' } = {}): PlannedModel {
  return {
    model,
    plan: planOfModel.parse({
      ...{ key: model.name, ancestors: model.parents, watermarks: 'watermarks' },
      open: `SELECT ${open}`,
      apply: `WITH compiled AS (/* the compiled model */), written AS (INSERT INTO done SELECT '${model.name}' FROM compiled RETURNING 1)
        SELECT 1 AS rows, false AS restarted FROM compiled WHERE ${apply}`,
      compiled: 'SELECT 1',
    }),
  };
}

async function prepare({ pool }: TestDatabase): Promise<void> {
  await pool.query(`CREATE TABLE done (model text); CREATE TABLE watermarks (model text PRIMARY KEY);
    INSERT INTO watermarks VALUES ('a'), ('b'), ('c')`);
}

const graphOf = (...models: Model[]): ModelGraph => new Map(models.map((one) => [one.id, one]));
const [a, b, c] = [model('a'), model('b', 'a'), model('c')];
const graph = graphOf(a, b, c);

async function scene() {
  const database = await createTestDatabase();
  await prepare(database);
  const executor = new PlanExecutor(database.connection, systemClock);
  return {
    database,
    run: async (...models: PlannedModel[]) => (await executor.run(graph, models, timeoutMs)).map(({ name }) => name),
    done: async () => (await database.pool.query<{ model: string }>('SELECT * FROM done')).rows.map((row) => row.model),
    [Symbol.asyncDispose]: async () => {
      await executor.stop();
      await database[Symbol.asyncDispose]();
    },
  };
}

test('a model that PostgreSQL refuses is left to dbt with those below it, and the others are brought on', async () => {
  await using here = await scene();
  const broken = planned(a, { apply: '1 / (length(current_user) - length(current_user)) = 1' });
  expect(await here.run(broken, planned(b), planned(c))).toEqual(['c']);
  expect(await here.done()).toEqual(['c']);
  expect(await here.run(planned(a), planned(b), planned(c))).toEqual(['a', 'b', 'c']);
});

test('a first increment is left to dbt, and in an empty one nothing is done', async () => {
  await using here = await scene();
  const first = planned(a, { open: 'true AS is_first, false AS is_empty' });
  const empty = planned(c, { open: 'false AS is_first, true AS is_empty' });
  expect(await here.run(first, planned(b), empty)).toEqual(['c']);
  expect(await here.done()).toEqual([]);
});

test('a lost connection is told as that, nothing is half done, and the next run has a new one', async () => {
  await using here = await scene();
  await here.database.pool.query('CREATE TABLE once AS SELECT 1');
  const suicide = planned(b, {
    apply: `(SELECT count(*) FROM once) = 1 AND pg_terminate_backend(pg_backend_pid())`,
  });
  await expect(here.run(planned(a), suicide)).rejects.toMatchObject({ code: 'POSTGRES_UNREACHABLE', passing: true });
  expect(await here.done()).toEqual([]);
  expect(await here.run(planned(a), planned(b))).toEqual(['a', 'b']);
});

test('a statement that takes too long is the fault of its model', async () => {
  await using here = await scene();
  const executor = new PlanExecutor(here.database.connection, systemClock);
  try {
    const slow = planned(a, { apply: `pg_sleep(60) IS NOT NULL` });
    expect((await executor.run(graph, [slow, planned(c)], 200)).map(({ name }) => name)).toEqual(['c']);
  } finally {
    await executor.stop();
  }
});

test('it waits for whoever brings on what the models read', async () => {
  await using here = await scene();
  const other = await here.database.pool.connect();
  try {
    await other.query(`BEGIN; SELECT FROM watermarks WHERE model = 'a' FOR UPDATE`);
    let ended = false;
    const running = here.run(planned(b)).finally(() => (ended = true));
    await expect
      .poll(async () => {
        const { rows } = await here.database.pool.query('SELECT FROM pg_locks WHERE NOT granted');
        return rows.length;
      })
      .toBeGreaterThan(0);
    expect(ended).toBe(false);
    await other.query('COMMIT');
    expect(await running).toEqual(['b']);
  } finally {
    other.release();
  }
});
