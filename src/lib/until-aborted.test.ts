import { expect, test } from 'vitest';
import { untilAborted } from './until-aborted.js';

test('a signal is waited for, and not when it has aborted before', async () => {
  const controller = new AbortController();
  let isOver = false;
  const waiting = untilAborted(controller.signal).then(() => (isOver = true));
  await Promise.resolve();
  expect(isOver).toBe(false);
  controller.abort();
  await waiting;
  await untilAborted(controller.signal);
});
