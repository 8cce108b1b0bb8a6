import { expect, test } from 'vitest';
import { DataemonBench, until } from './support/dataemon-bench.js';

test('a change is in all models soon after its notification', async () => {
  await using bench = await DataemonBench.open();
  await bench.save({ _id: 'a', type: 'person' });
  const dataemon = bench.start({ kind: 'local', path: await bench.package() }, { intervalMs: 60_000 });
  await until(() => dataemon.status().upToDateWith !== null, 'the first build');
  expect(await bench.rows('SELECT uuid, type FROM v1.child')).toEqual([{ uuid: 'a', type: 'PERSON' }]);

  const begun = Date.now();
  const watermark = await bench.save({ _id: 'b', type: 'clinic' });
  await until(() => dataemon.status().upToDateWith === watermark, 'the change in all models');
  expect(Date.now() - begun).toBeLessThan(5_000);
  expect(await bench.rows('SELECT uuid FROM v1.child ORDER BY uuid')).toEqual([{ uuid: 'a' }, { uuid: 'b' }]);
  await until(() => dataemon.status().models.every(({ rows }) => rows === 2), 'the rows counted');
});
