import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { steps } from './random/steps.js';
import { createWorld } from './random/world.js';

const sequences = Number(process.env.MODELS_SEQUENCES ?? 50);
const { MODELS_SEED: givenSeed, MODELS_PATH: givenPath } = process.env;
const seed = Number(givenSeed ?? Date.now() % 2 ** 31);
/** Of forms and contacts, made by the macros that users call. */
const additionalModels = fileURLToPath(new URL('additional', import.meta.url));
/** Each has a database of its own; what dbt does in one, PostgreSQL does in the other. */
const lanes = givenSeed === undefined ? [0, 1] : [0];

describe.concurrent('models', () => {
  test.each(lanes)(
    'equal what a full refresh builds after whatever happens, and no reader misses a row meanwhile (lane %i)',
    async (lane) => {
      await using world = await createWorld({ additionalModels });
      await fc.assert(
        fc.asyncProperty(steps, async (happening) => {
          expect(await world.play(happening)).toEqual({});
        }),
        {
          numRuns: Math.ceil(sequences / lanes.length),
          seed: seed + lane,
          ...(givenPath === undefined ? {} : { path: givenPath }),
          endOnFailure: true,
        },
      );
      expect(world.looks).toBeGreaterThan(sequences);
    },
    3_600_000 * 4,
  );
});
