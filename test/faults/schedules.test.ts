import { randomInt } from 'node:crypto';
import { afterAll, beforeAll, describe, test } from 'vitest';
import { createTestCouchDb, type TestCouchDb } from '../support/couchdb.js';
import { Disposables } from '../support/disposables.js';
import { Schedule } from './support/schedule.js';

/** How many; nightly 300. One of six kills real processes, which takes longer. */
const count = Number(process.env.FAULT_SCHEDULES ?? 12);
/** The seed of the first; the others follow it. With FAULT_SCHEDULES=1 just that one is played again. */
const first = Number(process.env.FAULT_SEED ?? randomInt(1_000_000));
const seeds = Array.from({ length: count }, (_, n) => first + n);

const stack = new Disposables();
let couchdb: TestCouchDb;
beforeAll(async () => {
  couchdb = stack.use(await createTestCouchDb());
});
afterAll(() => stack[Symbol.asyncDispose]());

describe('after any edits, faults and competing instances, all is there and was seen in order', () => {
  test.each(seeds.filter((seed) => seed % 6 !== 0))('FAULT_SEED=%i', (seed) => Schedule.run(seed, false, { couchdb }));
});

describe('after any edits, faults and kills, all is there and was seen in order', () => {
  test.each(seeds.filter((seed) => seed % 6 === 0))('FAULT_SEED=%i', (seed) => Schedule.run(seed, true, { couchdb }));
});
