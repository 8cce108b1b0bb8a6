import { expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../test/support/database.js';
import { systemClock } from '../../lib/index.js';
import type { Model, ModelGraph } from '../manifest/graph.js';
import { planOfModel } from './plan.js';
import { PlanExecutor, type PlannedModel } from './plan-executor.js';

const fingerprint = { sql: '', config: '', contract: '', macros: '', inputs: '' };
const timeoutMs = 5_000;

function model(name: string, ...parents: string[]): Model {
  const relation = {
    schema: 'public',
    alias: name,
    materialized: 'incremental',
    keepsUp: true,
    takesAnyOrder: true,
    plannable: true,
  };
  return { id: name, name, fqn: [name], ...relation, parents, fingerprint };
}

/** A plan that puts a row into the table `done`. */
function planned(
  model: Model,
  {
    open = `false AS is_first, false AS is_empty`,
    apply = 'true',
    rows = 1,
    feed = null as string | null,
    relations = [] as PlannedModel['relations'],
  } = {},
): PlannedModel {
  return {
    ...{ model, relations },
    plan: planOfModel.parse({
      ...{ key: model.name, ancestors: model.parents, watermarks: 'watermarks', restarts: 'restarts', feed },
      open: `SELECT ${open}`,
      apply: `WITH compiled AS (/* the compiled model */), written AS (INSERT INTO done SELECT '${model.name}' FROM compiled RETURNING 1)
        SELECT ${rows} AS rows, false AS restarted, '{}'::jsonb AS touched FROM compiled WHERE ${apply}`,
      compiled: 'SELECT 1',
    }),
  };
}

async function prepare({ pool }: TestDatabase): Promise<void> {
  await pool.query(`CREATE TABLE done (model text); CREATE TABLE restarts (model text); CREATE TABLE watermarks (model text PRIMARY KEY, saved_timestamp timestamp DEFAULT '2026-01-01');
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
    run: async (...models: PlannedModel[]) =>
      (await executor.run(graph, models, timeoutMs)).map(({ name, status }) =>
        status === 'ok' ? name : `${name} ${status}`,
      ),
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

test('what is no longer the table that it was, or reads what is not, is not touched, with what is below it', async () => {
  await using here = await scene();
  const { pool } = here.database;
  await pool.query('CREATE TABLE "The table" (); CREATE TABLE other ()');
  const relation = async (name: string) => {
    const { rows } = await pool.query<{ oid: string }>(`SELECT to_regclass($1)::oid::text AS oid`, [`"${name}"`]);
    return { schema: 'public', name, oid: rows[0]!.oid };
  };
  const [own, read] = [await relation('The table'), await relation('other')];
  const all = () => here.run(planned(a, { relations: [own, read] }), planned(b), planned(c, { relations: [read] }));
  expect(await all()).toEqual(['a', 'b', 'c']);
  await pool.query('DROP TABLE "The table"; CREATE TABLE "The table" ()');
  expect(await all()).toEqual(['a skipped', 'c']);
  await pool.query('DROP TABLE other');
  expect(await all()).toEqual(['a skipped', 'c skipped']);
  expect(await here.done()).toEqual(['a', 'b', 'c', 'c']);
});

test('what another table takes the place of while its row is waited for is not touched', async () => {
  await using here = await scene();
  const { pool } = here.database;
  await pool.query('CREATE TABLE swapped (); CREATE TABLE anew ()');
  const { rows } = await pool.query<{ oid: string }>(`SELECT 'swapped'::regclass::oid::text AS oid`);
  const one = planned(a, { relations: [{ schema: 'public', name: 'swapped', oid: rows[0]!.oid }] });
  expect(await here.run(one)).toEqual(['a']);
  const swap = await pool.connect();
  await swap.query(`BEGIN; SELECT FROM watermarks WHERE model = 'a' FOR UPDATE;
    ALTER TABLE swapped RENAME TO old; ALTER TABLE anew RENAME TO swapped`);
  const run = here.run(one);
  const waits = `SELECT FROM pg_locks JOIN pg_stat_activity USING (pid) WHERE NOT granted AND datname = current_database()`;
  await expect.poll(async () => (await pool.query(waits)).rowCount).toBe(1);
  await swap.query('COMMIT');
  swap.release();
  expect(await run).toEqual(['a skipped']);
  expect(await here.done()).toEqual(['a']);
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

test('it waits for whoever brings on what the models read, but not for long, nor with the others', async () => {
  await using here = await scene();
  const other = await here.database.pool.connect();
  const isWaiting = async () =>
    (await here.database.pool.query('SELECT FROM pg_locks WHERE NOT granted')).rows.length > 0;
  try {
    await other.query(`BEGIN; SELECT FROM watermarks WHERE model = 'a' FOR UPDATE`);
    const running = here.run(planned(b));
    await expect.poll(isWaiting).toBe(true);
    await other.query('COMMIT');
    expect(await running).toEqual(['b']);

    await other.query(`BEGIN; SELECT FROM watermarks WHERE model = 'a' FOR UPDATE`);
    expect(await here.run(planned(b), planned(c))).toEqual(['c']);
    await other.query('COMMIT');

    // What a model writes to may be locked, too, as while a rebuild puts a table in the place of another.
    await here.database.pool.query('CREATE TABLE of_a (n integer)');
    await other.query('BEGIN; LOCK TABLE of_a');
    const blocked = planned(a, { apply: '(SELECT count(*) FROM of_a) = 0' });
    expect(await here.run(blocked, planned(b), planned(c))).toEqual(['c']);
    await other.query('COMMIT');
    expect(await here.run(blocked, planned(b))).toEqual(['a', 'b']);
  } finally {
    other.release();
  }
});

test('a model whose feed has not changed is only moved on, unless it was behind it', async () => {
  await using here = await scene();
  const { pool } = here.database;
  const moves = `(SELECT count(*) FROM (SELECT set_config('a.b', 'c', true)) moved) = 1`;
  const still = planned(a, { rows: 0, apply: moves });
  const [onA, onB] = [planned(b, { feed: 'a' }), planned(c, { feed: 'b' })];
  expect(await here.run(still, onA, onB)).toEqual(['a', 'b', 'c']);
  expect(await here.done()).toEqual(['a']);

  await pool.query(`UPDATE watermarks SET saved_timestamp = '2026-01-02' WHERE model = 'a'`);
  expect(await here.run(still, onA, onB)).toEqual(['a', 'b', 'c']);
  expect(await here.done()).toEqual(['a', 'a', 'b', 'c']);

  await pool.query(`UPDATE watermarks SET saved_timestamp = '2026-01-02'; INSERT INTO restarts VALUES ('c')`);
  expect(await here.run(still, onA, onB)).toEqual(['a', 'b', 'c']);
  expect(await here.done()).toEqual(['a', 'a', 'b', 'c', 'a', 'c']);

  await pool.query(`
    DELETE FROM restarts;
    UPDATE watermarks SET saved_timestamp = '2026-01-03';
    CREATE FUNCTION move() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
      UPDATE watermarks SET saved_timestamp = '2026-01-04' WHERE model = 'a'; RETURN NULL; END $$;
    CREATE TRIGGER move AFTER INSERT ON done FOR EACH ROW WHEN (new.model = 'a') EXECUTE FUNCTION move()`);
  expect(await here.run(still, onA, onB)).toEqual(['a', 'b', 'c']);
  const { rows } = await pool.query(`SELECT DISTINCT saved_timestamp::text AS at FROM watermarks`);
  expect(rows).toEqual([{ at: '2026-01-04 00:00:00' }]);
});
