import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { systemClock } from '../lib/index.js';
import type { StagedRow } from '../postgres/index.js';
import type { Batch } from './batch.js';
import { Batcher, type BatcherOptions } from './batcher.js';

const row = (id: string, rev = '1-a', bytes = 1): StagedRow => ({ id, rev, deleted: false, doc: Buffer.alloc(bytes) });

function batcherOf(batches: Batch[], options: Partial<BatcherOptions> = {}): Batcher {
  return new Batcher({
    ...{ rows: 3, bytes: 1000, lingerMs: 5, inFlight: 2, clock: systemClock },
    write: (batch) => {
      batches.push(batch);
      return Promise.resolve();
    },
    onFailure: (error) => {
      throw error;
    },
    ...options,
  });
}

describe('Batcher', () => {
  test('closes a batch by rows, by bytes, and when the feed pauses', async () => {
    const batches: Batch[] = [];
    const batcher = batcherOf(batches);
    for (const id of ['c', 'a', 'b', 'd']) await batcher.add(row(id), id, 9);
    await batcher.add(row('e', '1-a', 1000), 'e', 9);
    await batcher.add(row('f'), 'f', 0);
    await expect
      .poll(() => batches.map(({ rows }) => rows.map(({ id }) => id)))
      .toEqual([['a', 'b', 'c'], ['d'], ['e'], ['f']]);
    expect(batches.map(({ sequence }) => sequence)).toEqual(['b', 'd', 'e', 'f']);
    expect(batcher.unwrittenSince).toBeUndefined();
  });

  test('writes a checkpoint that moved without a document, and nothing when nothing came', async () => {
    const batches: Batch[] = [];
    const batcher = batcherOf(batches);
    await batcher.drain();
    batcher.mark('7', 0);
    await batcher.drain();
    expect(batches).toMatchObject([{ rows: [], sequence: '7', pending: 0 }]);
  });

  test('lets no more batches be under way than it may, and makes the reader wait', async () => {
    const open: (() => void)[] = [];
    const batcher = batcherOf([], { rows: 1, write: () => new Promise((resolve) => open.push(resolve)) });
    await batcher.add(row('a'), '1', 0);
    await batcher.add(row('b'), '2', 0);
    let waited = false;
    const third = Promise.resolve(batcher.add(row('c'), '3', 0)).then(() => (waited = true));
    await systemClock.sleep(20);
    expect([open.length, waited]).toEqual([2, false]);
    expect(batcher.unwrittenSince).toBeLessThanOrEqual(Date.now() - 20);
    open[0]?.();
    await third;
    expect(open.length).toBe(3);
  });

  test('holds no more bytes than one limit a batch, but for a document that is larger by itself', async () => {
    const batches: Batch[] = [];
    const batcher = batcherOf(batches, { bytes: 100 });
    for (const [n, bytes] of [60, 40, 60, 41, 500, 1].entries())
      await batcher.add(row(`${n}`, '1-a', bytes), `${n}`, 0);
    await batcher.drain();
    expect(batches.map(({ bytes }) => bytes)).toEqual([100, 60, 41, 500, 1]);
  });

  test('lets a document that is far beyond the limit be under way alone', async () => {
    const open: (() => void)[] = [];
    const write = () => new Promise<void>((resolve) => open.push(resolve));
    const batcher = batcherOf([], { bytes: 100, write });
    await batcher.add(row('a', '1-a', 150), '1', 0);
    const second = batcher.add(row('b', '1-a', 100), '2', 0);
    await systemClock.sleep(20);
    expect(open.length).toBe(1);
    open[0]?.();
    await second;
    await batcher.add(row('c', '1-a', 100), '3', 0);
    expect(open.length).toBe(3);
  });

  test('tells of the first failure once and writes nothing after it', async () => {
    const failures: unknown[] = [];
    const tried: Batch[] = [];
    const batcher = batcherOf([], {
      rows: 1,
      write: (batch) => {
        tried.push(batch);
        return Promise.reject(new Error('disk full'));
      },
      onFailure: (error) => failures.push(error),
    });
    await batcher.add(row('a'), '1', 0);
    await batcher.drain();
    await batcher.add(row('b'), '2', 0);
    await batcher.drain();
    expect([failures.length, tried.length]).toEqual([1, 1]);
  });

  test('of any stream of changes, the batches hold the last of each document, and end with the last sequence', async () => {
    const change = fc.record({
      id: fc.constantFrom('a', 'b', 'c', 'd', 'e'),
      hasSequence: fc.boolean(),
      bytes: fc.integer({ min: 1, max: 600 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(change), async (changes) => {
        const batches: Batch[] = [];
        const batcher = batcherOf(batches);
        const latest = new Map<string, string>();
        let sequence: string | undefined;
        for (const [n, { id, hasSequence, bytes }] of changes.entries()) {
          latest.set(id, `${n}-x`);
          if (hasSequence) sequence = `${n}`;
          await batcher.add(row(id, `${n}-x`, bytes), hasSequence ? `${n}` : null, null);
        }
        await batcher.drain();
        const table = new Map(batches.flatMap(({ rows }) => rows.map(({ id, rev }) => [id, rev] as const)));
        expect(table).toEqual(latest);
        expect(batches.findLast((batch) => batch.sequence !== undefined)?.sequence).toBe(sequence);
        for (const { rows } of batches)
          expect(rows.map(({ id }) => id)).toEqual([...new Set(rows.map(({ id }) => id))].sort());
      }),
    );
  });
});
