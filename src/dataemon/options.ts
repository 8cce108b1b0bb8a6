import type { Clock, Log } from '../lib/index.js';
import type { PostgresConnection } from '../postgres/index.js';
import type { PackageSource } from './package/source.js';

/** What a dataemon is made with. */
export interface DataemonOptions {
  readonly connection: PostgresConnection;
  /** The schema of the models and of the dataemon's own tables. */
  readonly schema: string;
  /** The schema of the table of documents, when it is another one. */
  readonly rootSchema?: string;
  /** The name of the table of documents. */
  readonly table: string;
  readonly package: PackageSource;
  /** The name of a selector in the package's selectors.yml, or an expression for `dbt --select`. Default: all models. */
  readonly selector?: string;
  /** How often to look for changes whose notification was lost, and for edits of a local package, in milliseconds. */
  readonly intervalMs: number;
  /** How many models dbt runs at once. */
  readonly threads: number;
  /** The most documents a model takes in one run, for packages that use `batch_size`; 0: all. */
  readonly batchSize: number;
  /** From which documents on such packages fill tables in batches, where that is possible. */
  readonly batchOrder: 'oldest' | 'newest';
  /** How increments are carried out: `auto`, by the plans of the package where it gives any; `dbt`, always by dbt. */
  readonly increments: 'auto' | 'dbt';
  /** The interpreter of the private Python environment. */
  readonly python: string;
  /** The folder with dbt_project.yml, profiles.yml, macros and worker.py. */
  readonly projectFolder: string;
  /** The folder of the package that CHT Sync brings, for packages that ask for it by `local: cht_pipeline`. */
  readonly bundledPackage: string;
  /** A folder for installed packages and what dbt writes; not to be shared by two dataemons of one selector. */
  readonly workFolder: string;
  /** Milliseconds that only ever grow, whatever the machine's clock is set to; the process' own when not given. */
  readonly monotonicMs?: () => number;
  /** The longest an increment may take, in milliseconds; then it is stopped and tried again. */
  readonly runTimeoutMs: number;
  /** The longest a full refresh may take, in milliseconds; then it is stopped and tried again. */
  readonly rebuildTimeoutMs: number;
  /** A dbt that holds more memory is started anew after a run, and one cannot hold twice as much. Default: 1 GiB. */
  readonly memoryLimitBytes?: number;
  /** How often the data tests of the package are run, in milliseconds; 0: never. */
  readonly testIntervalMs: number;
  /** The variables from which those that dbt, git and pip need are taken: `process.env`. No other reaches the worker. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly log: Log;
  readonly clock: Clock;
  /** A number in [0, 1), as `Math.random` gives. */
  readonly random: () => number;
}
