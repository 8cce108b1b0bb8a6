import { cp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { DataemonBench, until } from './support/dataemon-bench.js';

/** Waits, while it is built, for whoever holds the table `gate`. */
const slowModel = `{{ config(unique_key='uuid', indexes=[{'columns': ['uuid'], 'unique': true}], meta={'changes': 'document_metadata'}) }}
select document_metadata.uuid, document_metadata.saved_timestamp, document_metadata.doc_type
from {{ ref('document_metadata') }} as document_metadata
where {{ cht_pipeline.changed('document_metadata.saved_timestamp') }} and (select count(*) from public.gate) = 0
`;

test('other models are brought on while one is rebuilt, and it has what came and went meanwhile', async () => {
  await using bench = await DataemonBench.open();
  const path = join(bench.folder, 'package');
  await cp(join(import.meta.dirname, '../../pipeline'), path, { recursive: true });
  await bench.save({ _id: 'a', type: 'person' }, { _id: 'b', type: 'person' }, { _id: 'c', type: 'clinic' });
  const dataemon = bench.start({ kind: 'local', path });
  const isIdle = () => dataemon.status().state === 'idle' && dataemon.status().upToDateWith !== null;
  await until(isIdle, 'the models', 60_000);

  await bench.pool.query('CREATE TABLE public.gate (n integer)');
  const keeper = await bench.pool.connect();
  try {
    await keeper.query('BEGIN; LOCK TABLE public.gate');
    await writeFile(join(path, 'models/slow.sql'), slowModel);
    const isWaiting = async () =>
      (await bench.rows(`SELECT FROM pg_locks WHERE relation = 'public.gate'::regclass AND NOT granted`)).length > 0;
    await until(isWaiting, 'the rebuild', 60_000);

    const persons = () => bench.rows<{ uuid: string }>('SELECT uuid FROM v1.person ORDER BY uuid');
    await bench.save({ _id: 'a', _deleted: true }, { _id: 'd', type: 'person' });
    await until(async () => (await persons()).map(({ uuid }) => uuid).join() === 'b,d', 'the persons');
    await bench.save({ _id: 'c', type: 'person' });
    await until(async () => (await persons()).map(({ uuid }) => uuid).join() === 'b,c,d', 'the persons again');
    expect(dataemon.status().state).toBe('building');
    expect(await isWaiting()).toBe(true);
  } finally {
    await keeper.query('COMMIT');
    keeper.release();
  }
  await until(isIdle, 'the rebuild', 60_000);
  const built = () => bench.rows('SELECT uuid, doc_type FROM v1.slow ORDER BY uuid');
  const persons = ['b', 'c', 'd'].map((uuid) => ({ uuid, doc_type: 'person' }));
  await until(async () => JSON.stringify(await built()) === JSON.stringify(persons), 'what came meanwhile');
  expect(await bench.rows(`SELECT FROM pg_constraint WHERE conrelid = 'v1.slow'::regclass AND contype = 'f'`)).toEqual([
    {},
  ]);
});
