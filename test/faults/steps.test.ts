import { describe, test } from 'vitest';
import { Scene } from './support/scene.js';
import { transactionPoints } from './support/postgres-messages.js';
import { WatermarkReader } from './support/watermark-reader.js';

describe('a connection to PostgreSQL that is cut', () => {
  test.each([
    ['with a reset', 'reset', transactionPoints],
    ['with an end', 'end', transactionPoints.filter(({ moment }) => moment === 'answered')],
  ] as const)('loses nothing, at any step of a transaction (%s)', async (_, how, points) => {
    await using scene = await Scene.open();
    await using reader = new WatermarkReader(scene.database);
    const instance = scene.start();
    await instance.until('live');
    let n = 0;
    for (const { step, moment } of points) {
      const struck = scene.postgresProxy.once(step, moment, (link) => link.cut(how));
      await scene.source.write(...Array.from({ length: 3 }, () => ({ _id: `d${(n += 1)}`, step, moment })));
      await struck;
      await reader.hasSeen(await scene.caughtUp());
    }
  });
});
