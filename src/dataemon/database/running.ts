import type pg from 'pg';
import { isLocked, quoteIdentifier } from '../../postgres/index.js';

/** The lock that the dataemon of a selector holds while it keeps the models up to date. */
export function dataemonLock(schema: string, selector: string | undefined): string {
  return `dataemon ${schema} ${selector ?? ''}`;
}

/** The selectors whose models are kept in a schema, null for all models, and whether a dataemon is at it now. */
export async function readRunning(
  pool: pg.Pool,
  schema: string,
): Promise<{ readonly selector: string | null; readonly isRunning: boolean }[]> {
  const { rows } = await pool.query<{ selector: string }>(
    `SELECT DISTINCT selector FROM ${quoteIdentifier(schema)}.dataemon_model ORDER BY selector`,
  );
  return Promise.all(
    rows.map(async ({ selector }) => ({
      selector: selector === '' ? null : selector,
      isRunning: await isLocked(pool, dataemonLock(schema, selector)),
    })),
  );
}
