import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type pg from 'pg';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { startDbt, type Dbt } from '../support/dbt.js';
import { allForeignKeys, createDocuments, differences, foreignKeys, models, type Body } from './models.js';

const v1 = { schema: 'v1' };
/** All tests begin with an empty schema of one database: to start dbt takes longer than most of them. */
let database: TestDatabase;
let dbt: Dbt;

beforeAll(async () => {
  database = await createTestDatabase();
  dbt = await startDbt(database);
});

afterAll(async () => {
  await dbt[Symbol.asyncDispose]();
  await database[Symbol.asyncDispose]();
});

const levels = fileURLToPath(new URL('levels', import.meta.url));

function person(n: number, edit = 0): Body {
  return { type: 'person', name: `Person ${n}`, patient_id: String(n), reported_date: 1_700_000_000_000 + edit };
}

function report(n: number, edit = 0): Body {
  return {
    type: 'data_record',
    form: 'visit',
    fields: { patient_id: String(n), note: 'x'.repeat(500) },
    reported_date: 1_700_000_000_000 + edit,
  };
}

/** Persons `p1..`, clinics `c1..` and four reports `r1..` for each of them. */
function village(persons: number, edit = 0): Record<string, Body> {
  const documents: Record<string, Body> = {};
  for (let n = 1; n <= persons; n += 1) {
    documents[`p${n}`] = person(n, edit);
    documents[`c${n}`] = { type: 'clinic', name: `Clinic ${n}`, contact: { _id: `p${n}` }, edit };
    for (let i = 1; i <= 4; i += 1) documents[`r${n}.${i}`] = report(n, edit);
  }
  return documents;
}

async function count(pool: pg.Pool, sql: string): Promise<number> {
  const { rows } = await pool.query<{ count: number }>(`SELECT count(*)::integer AS count FROM ${sql}`);
  return rows[0]!.count;
}

/** How many rows of the big tables have been read by sequential scans so far. */
async function scanned(pool: pg.Pool): Promise<Record<string, number>> {
  // A connection publishes its statistics when it ends, and dbt's have ended.
  await pause(100);
  const { rows } = await pool.query<{ name: string; rows: number }>(
    `SELECT relname AS name, seq_tup_read::integer AS rows FROM pg_stat_user_tables
     WHERE schemaname = 'v1' AND relname = ANY($1)`,
    [['couchdb', ...models.filter((model) => model !== 'contact_type')]],
  );
  return Object.fromEntries(rows.map(({ name, rows }) => [name, rows]));
}

describe('an increment', () => {
  test('reads what changed and not the tables', async () => {
    const { pool } = database;
    const documents = await createDocuments(pool);
    await documents.write({ settings: { settings: { contact_types: [{ id: 'clinic' }] } }, ...village(3_000) });
    // As autovacuum does, soon after so many documents have come.
    await pool.query('ANALYZE v1.couchdb');
    await dbt.run(v1, 'run');

    const before = await scanned(pool);
    await documents.write({
      p1: person(1, 1),
      c1: { type: 'person' },
      c2: null,
      'r1.1': report(1, 1),
      'r1.2': null,
      new: person(0),
    });
    await dbt.run(v1, 'run');
    expect(await count(pool, `v1.person WHERE uuid IN ('p1', 'c1', 'c2', 'new')`)).toBe(3);
    expect(await scanned(pool)).toEqual(before);
  });

  test('moves on over a batch of nothing but deletes', async () => {
    const documents = await createDocuments(database.pool);
    await documents.write({ gone1: null, gone2: null, gone3: null, gone4: null, p1: person(1) });
    for (const expected of [0, 0, 1]) {
      await dbt.run(v1, 'run', '--vars', '{batch_size: 2}');
      expect(await count(database.pool, 'v1.person')).toBe(expected);
    }
  });

  test.each(['newest', 'oldest'])(
    'takes documents with one saved_timestamp together, as v2 has written them, from the %s on, and rows see far ancestors',
    async (order) => {
      await using dbt = await startDbt(database, { additionalModels: levels });
      const { pool } = database;
      const documents = await createDocuments(pool);
      // A household takes from its area what that takes from its district.
      const contacts: Record<string, Body> = {
        a: { type: 'district_hospital', name: 'North' },
        b: { type: 'contact', contact_type: 'area', parent: { _id: 'a1' } },
        c: { type: 'contact', contact_type: 'household', parent: { _id: 'b1' } },
      };
      for (const batch of ['a', 'b', 'c']) {
        await documents.write({ [`${batch}1`]: contacts[batch]!, [`${batch}2`]: person(2), [`${batch}3`]: person(3) });
        await pool.query(
          `UPDATE v1.couchdb SET saved_timestamp = (SELECT max(saved_timestamp) FROM v1.couchdb) WHERE left(_id, 1) = $1`,
          [batch],
        );
      }
      const batches = order === 'newest' ? ['c', 'b', 'a'] : ['a', 'b', 'c'];
      for (const taken of [1, 2, 3]) {
        await dbt.run(
          v1,
          'run',
          '--select',
          '+person',
          '+household',
          '--vars',
          `{batch_size: 2, batch_order: ${order}}`,
        );
        const { rows } = await pool.query('SELECT DISTINCT left(uuid, 1) AS batch FROM v1.person ORDER BY batch');
        expect(rows.map(({ batch }: { batch: string }) => batch)).toEqual(batches.slice(0, taken).sort());
      }
      expect(await count(pool, 'v1.person')).toBe(6);
      expect(await count(pool, `v1.household WHERE district_name = 'North'`)).toBe(1);
      expect(await count(pool, `v1.dbt_watermark WHERE NOT isfinite(saved_timestamp)`)).toBe(0);
    },
  );

  test('writes nothing when nothing has changed, and a full refresh of document_metadata alone stops no delete', async () => {
    const { pool } = database;
    const documents = await createDocuments(pool);
    await documents.write(village(3));
    await dbt.run(v1, 'run');
    await dbt.run(v1, 'run', '--full-refresh', '--select', 'document_metadata');
    expect(await foreignKeys(pool)).toEqual(allForeignKeys);
    await documents.write({ p1: null });
    await dbt.run(v1, 'run');
    expect(await count(pool, `v1.patient WHERE uuid = 'p1'`)).toBe(0);

    const versions = async () => {
      const of = (model: string) => `SELECT '${model}' AS model, count(*), max(xmin::text::bigint) FROM v1.${model}`;
      return (await pool.query(models.map(of).join(' UNION ALL '))).rows as unknown[];
    };
    const before = await versions();
    await dbt.run(v1, 'run');
    expect(await versions()).toEqual(before);
  });

  test('goes no farther than the model above that is farthest behind', async () => {
    const documents = await createDocuments(database.pool);
    await documents.write(village(2));
    await dbt.run(v1, 'run');
    await documents.write({ p3: person(3) });
    await dbt.run(v1, 'run', '--select', 'document_metadata');
    await dbt.run(v1, 'run', '--select', 'person');
    expect(await count(database.pool, 'v1.person')).toBe(2);
    await dbt.run(v1, 'run');
    expect(await count(database.pool, 'v1.person')).toBe(3);
  });

  test('is undone whole when its last statement fails, a full refresh too', async () => {
    const { pool } = database;
    const documents = await createDocuments(pool);
    await documents.write(village(3));
    await dbt.run(v1, 'run');
    const watermark = async () => {
      const { rows } = await pool.query<{ at: string }>(
        `SELECT saved_timestamp::text AS at FROM v1.dbt_watermark WHERE model = 'contact'`,
      );
      return rows[0]?.at;
    };
    const before = await watermark();
    await pool.query(`
      CREATE FUNCTION v1.refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'refused'; END $$;
      CREATE TRIGGER refuse BEFORE UPDATE ON v1.dbt_watermark FOR EACH ROW
      WHEN (new.model = 'contact' AND new.saved_timestamp <> old.saved_timestamp) EXECUTE FUNCTION v1.refuse()`);

    await documents.write({ p1: null, p2: { type: 'data_record' }, p4: person(4) });
    await dbt.run(v1, 'run', '--select', 'document_metadata');
    for (const args of [[], ['--full-refresh']]) {
      const outcome = await dbt.attempt(v1, 'run', '--select', 'contact', ...args);
      expect(outcome.success).toBe(false);
      expect(await watermark()).toEqual(before);
      // Of six, p1 has gone with its document; p2 is still there, p4 not yet.
      expect(await count(pool, 'v1.contact')).toBe(5);
      expect(await foreignKeys(pool)).toEqual(allForeignKeys);
    }

    await pool.query('DROP TRIGGER refuse ON v1.dbt_watermark');
    await dbt.run(v1, 'run');
    expect(await count(pool, `v1.contact WHERE uuid IN ('p1', 'p2', 'p4')`)).toBe(1);
  });
});

describe('a reader', () => {
  test('sees each row all the time while its document is edited and the models are run and rebuilt', async () => {
    const { pool } = database;
    const documents = await createDocuments(pool);
    await documents.write(village(200));
    await dbt.run(v1, 'run');

    const expected = { document_metadata: 1200, contact: 400, person: 200, place: 200, patient: 200, data_record: 800 };
    let done = false;
    let looks = 0;
    const look = async () => {
      while (!done) {
        for (const [model, rows] of Object.entries(expected)) {
          expect([model, await count(pool, `v1.${model}`)]).toEqual([model, rows]);
        }
        looks += 1;
      }
    };
    const work = async () => {
      try {
        for (const [edit, args] of [
          [],
          ['--threads', '4'],
          ['--full-refresh'],
          ['--full-refresh', '--select', 'contact'],
          [],
        ].entries()) {
          await documents.write(village(200, edit + 1));
          await dbt.run(v1, 'run', ...args);
        }
      } finally {
        done = true;
      }
    };
    await Promise.all([look(), look(), work()]);
    expect(looks).toBeGreaterThan(20);
    expect(await foreignKeys(pool)).toEqual(allForeignKeys);
  });
});

describe('two processes that run the models of one database', () => {
  test("get in nobody's way while documents arrive", async () => {
    await using other = await startDbt(database);
    const { pool } = database;
    const documents = await createDocuments(pool);
    await documents.write(village(100));
    await dbt.run(v1, 'run');

    let done = false;
    const arrive = async () => {
      for (let edit = 1; !done; edit += 1) {
        const changed: Record<string, Body> = {};
        for (let n = 1; n <= 100; n += 1) {
          const kind = (n + edit) % 5;
          changed[`p${n}`] =
            kind === 0 ? null : kind === 1 ? { type: 'clinic' } : kind === 2 ? report(n) : person(n, edit);
        }
        await documents.write(changed);
      }
    };
    const work = async () => {
      try {
        await Promise.all([
          dbt
            .run(v1, 'run')
            .then(() => dbt.run(v1, 'run', '--threads', '4'))
            .then(() => dbt.run(v1, 'run')),
          other
            .run(v1, 'run')
            .then(() => other.run(v1, 'run', '--select', 'person', 'place', 'patient'))
            .then(() => other.run(v1, 'run')),
        ]);
      } finally {
        done = true;
      }
    };
    await Promise.all([arrive(), work()]);

    await dbt.run(v1, 'run');
    await dbt.run({ schema: 'refreshed', rootSchema: 'v1' }, 'run', '--full-refresh');
    expect(await differences(pool, 'v1', 'refreshed')).toEqual({});
  });
});

describe('tables without a watermark, as an older package left them', () => {
  test('are taken over as they are, and mended', async () => {
    const { pool } = database;
    const documents = await createDocuments(pool);
    await documents.write({ settings: { settings: { contact_types: [{ id: 'clinic' }] } }, ...village(20) });
    await dbt.run(v1, 'run');
    await pool.query(`DROP TABLE v1.dbt_watermark`);
    for (const model of models.filter((name) => name !== 'contact_type')) {
      await pool.query(`ALTER TABLE v1.${model} DROP COLUMN instance, DROP COLUMN dbname`);
    }
    // A full refresh of contact alone has cost the keys to it; since then, deletes have not reached the models below.
    await pool.query(`
      ALTER TABLE v1.person DROP CONSTRAINT person_uuid_fkey;
      DROP INDEX v1.document_metadata_partial;
      DO $$ DECLARE name text; BEGIN
        SELECT indexrelid::regclass INTO name FROM pg_index WHERE indrelid = 'v1.person'::regclass AND indisunique;
        EXECUTE 'DROP INDEX ' || name;
      END $$;
      INSERT INTO v1.person (uuid, saved_timestamp) VALUES ('ghost', '2025-01-01');
      INSERT INTO v1.person SELECT * FROM v1.person WHERE uuid = 'p1';
      DELETE FROM v1.data_record WHERE uuid = 'r1.1';
      UPDATE v1.place SET place_id = 'wrong'`);
    await documents.write({ p2: null, p3: { type: 'clinic' } });

    await dbt.run(v1, 'run', '--vars', '{batch_size: 100}');
    await dbt.run(v1, 'run');
    await dbt.run({ schema: 'refreshed', rootSchema: 'v1' }, 'run', '--full-refresh');
    expect(await differences(pool, 'v1', 'refreshed')).toEqual({});
    expect(await foreignKeys(pool)).toEqual(allForeignKeys);
  });
});
