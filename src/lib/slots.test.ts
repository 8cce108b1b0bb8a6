import { expect, test } from 'vitest';
import { Slots } from './slots.js';

const never = new AbortController().signal;

test('no more work is under way than there are slots, and it begins in the order of coming', async () => {
  const slots = new Slots(2);
  const begun: number[] = [];
  const ends: (() => void)[] = [];
  const all = [0, 1, 2, 3].map((n) =>
    slots.with(never, () => {
      begun.push(n);
      return new Promise<void>((resolve) => (ends[n] = resolve));
    }),
  );
  await expect.poll(() => begun).toEqual([0, 1]);
  ends[1]?.();
  await expect.poll(() => begun).toEqual([0, 1, 2]);
  ends[0]?.();
  await expect.poll(() => begun).toEqual([0, 1, 2, 3]);
  ends[2]?.();
  ends[3]?.();
  await Promise.all(all);
});

test('work that fails gives its slot back, and who no longer wants one is passed over', async () => {
  const slots = new Slots(1);
  await expect(slots.with(never, () => Promise.reject(new Error('full')))).rejects.toThrow('full');
  const ends: (() => void)[] = [];
  const first = slots.with(never, () => new Promise<void>((resolve) => ends.push(resolve)));
  const left = new AbortController();
  const second = slots.with(left.signal, () => Promise.resolve('second'));
  const third = slots.with(never, () => Promise.resolve('third'));
  left.abort(new Error('no longer'));
  await expect(second).rejects.toThrow('no longer');
  ends[0]?.();
  await first;
  expect(await third).toBe('third');
});
