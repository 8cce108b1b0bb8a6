import pg from 'pg';
import type { PostgresConnection } from '../../src/postgres/index.js';
import { dbtRun } from '../processes/dbt-run.js';

/** The same package in the same database, run by the `dbt` command into a schema of its own. */
export interface PlainDbt {
  /** Builds all models the first time, and once more so that what dbt keeps between runs is there. */
  build(): Promise<void>;
  /** One `dbt run`; how long the command took, in milliseconds. */
  run(): Promise<number>;
  /** Throws when the last run has not brought a person's latest telephone number. */
  check(id: string): Promise<void>;
}

const schema = 'plain';

/** Prepares it; `folder` is for what dbt writes. */
export function openPlainDbt(connection: PostgresConnection, folder: string): PlainDbt {
  const run = async () => {
    const times = await dbtRun({ package: 'pipeline', connection, schema, folder, args: [] });
    return times.get('all') ?? NaN;
  };
  return {
    run,
    build: async () => {
      await run();
      await run();
    },
    check: async (id) => {
      const client = new pg.Client({ ...connection });
      await client.connect();
      const { rows } = await client.query<{ same: boolean }>(
        `SELECT doc ->> 'phone' = phone AS same FROM v1.couchdb JOIN ${schema}.person ON uuid = _id WHERE _id = $1`,
        [id],
      );
      await client.end();
      if (rows[0]?.same !== true) throw new Error(`plain dbt has not brought the edit of ${id}`);
    },
  };
}
