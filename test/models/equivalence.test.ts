import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { steps } from './random/steps.js';
import { createWorld } from './random/world.js';

const sequences = Number(process.env.MODELS_SEQUENCES ?? 50);
const { MODELS_SEED: givenSeed, MODELS_PATH: givenPath } = process.env;
const seed = Number(givenSeed ?? Date.now() % 2 ** 31);
/** Of forms and contacts, made by the macros that users call. */
const additionalModels = fileURLToPath(new URL('additional', import.meta.url));

/** All that is to happen, or the one sequence that is asked for, by their numbers. */
function sequencesToPlay() {
  const path = givenPath === undefined ? undefined : Number(givenPath);
  const all = fc.sample(steps, { seed, numRuns: Math.max(sequences, (path ?? 0) + 1) });
  return [...all.entries()].filter(([number]) => path === undefined || number === path);
}

test(
  'models equal what a full refresh builds after whatever happens, and no reader misses a row meanwhile',
  async () => {
    const queue = sequencesToPlay();
    const count = queue.length;
    let looks = 0;
    const playAll = async () => {
      await using world = await createWorld({ additionalModels });
      for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
        const [path, happening] = next;
        try {
          expect(await world.play(happening)).toEqual({});
        } catch (cause) {
          queue.length = 0;
          throw new Error(`MODELS_SEED=${seed} MODELS_PATH=${path}: ${fc.stringify(happening)}`, { cause });
        }
      }
      looks += world.looks;
    };
    // Each has a database of its own; what dbt does in one, PostgreSQL does in the other.
    const ended = await Promise.allSettled(count > 1 ? [playAll(), playAll()] : [playAll()]);
    for (const outcome of ended) if (outcome.status === 'rejected') throw outcome.reason;
    expect(looks).toBeGreaterThan(count);
  },
  3_600_000 * 4,
);
