import fc from 'fast-check';
import { sources, type Documents, type Source } from './couch2pg.js';
import { someDocuments } from './documents.js';

/** A run of dbt: of all models unless some are named, and interrupted or not. */
export interface Run {
  /** Which models, as numbers that are taken modulo how many there are; undefined: all. */
  readonly models?: readonly number[] | undefined;
  /** Whether those run that are not named. */
  readonly others?: boolean;
  readonly fullRefresh?: boolean;
  readonly batchSize?: number;
  /** Whether a model that holds nothing begins with the newest documents. */
  readonly newest?: boolean;
  readonly threads?: number;
  readonly interruption?: Interruption | undefined;
}

/** Where a run is interrupted: at which of its statements that create or write something, counted from 1. */
export interface Interruption {
  readonly statement: number;
  /** Its connection ends, or the process of dbt. */
  readonly how: 'terminate' | 'kill';
}

interface Write {
  readonly source: Source;
  readonly documents: Documents;
}

/** What happens: documents are written, before or while a transaction begun earlier is still to commit, or models run. */
export type Step =
  | { readonly kind: 'write'; readonly write: Write }
  | { readonly kind: 'late'; readonly early: Write; readonly late: Write; readonly between: Run }
  | { readonly kind: 'run'; readonly run: Run }
  /** All watermarks are lost; the tables are there, as an older package left them. A run in batches begins to fill them. */
  | { readonly kind: 'forget'; readonly run: Run };

const write: fc.Arbitrary<Write> = fc.record({ source: fc.constantFrom(...sources), documents: someDocuments });

const interruption: fc.Arbitrary<Interruption> = fc.record({
  statement: fc.integer({ min: 1, max: 60 }),
  how: fc.constantFrom('terminate', 'kill'),
});
const some = (max: number) => fc.array(fc.nat(1000), { minLength: 1, maxLength: max });
const shape: fc.Arbitrary<Run> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ threads: fc.constantFrom(1, 4) }) },
  { weight: 3, arbitrary: fc.record({ batchSize: fc.integer({ min: 1, max: 4 }), newest: fc.boolean() }) },
  { weight: 3, arbitrary: fc.record({ models: some(4) }) },
  // Models go on without one that they are built from.
  { weight: 3, arbitrary: fc.record({ models: some(2), others: fc.constant(true) }) },
  { weight: 1, arbitrary: fc.record({ models: some(2), fullRefresh: fc.constant(true) }) },
);
const run: fc.Arbitrary<Run> = fc
  .tuple(shape, fc.option(interruption, { freq: 2, nil: undefined }))
  .map(([run, interruption]) => ({ ...run, interruption }));

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: write.map((write): Step => ({ kind: 'write', write })) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('late' as const), early: write, late: write, between: run }),
  },
  { weight: 5, arbitrary: run.map((run): Step => ({ kind: 'run', run })) },
  {
    weight: 2,
    arbitrary: fc
      .record({ batchSize: fc.integer({ min: 2, max: 6 }), newest: fc.constant(true) })
      .map((run): Step => ({ kind: 'forget', run })),
  },
);

/** Whatever may happen to a database. */
export const steps: fc.Arbitrary<readonly Step[]> = fc.array(step, { minLength: 2, maxLength: 7, size: 'max' });
