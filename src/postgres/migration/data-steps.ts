import type pg from 'pg';
import { userPrefix, userSecrets } from '../../lib/index.js';
import { tableNames } from '../identifiers.js';
import type { MigrationStep, Touched } from './step.js';

/** Steps that work on what is in the table of documents may take hours. */
const stepTimeoutMs = 86_400_000;

/** Takes the secrets of users out of documents that another version has stored with them. */
export function withoutSecretsStep(schema: string, table: string, touches: readonly Touched[]): MigrationStep {
  return {
    name: 'user-secrets',
    says: 'Salted passwords of users, where a version that kept them has stored them, are taken out of their documents.',
    touches,
    lock: 'none',
    apply: (client) =>
      atLeisure(
        client,
        `UPDATE ${tableNames(schema, table).documents} SET doc = doc - $1::text[] WHERE _id LIKE $2 AND doc ?| $1`,
        [userSecrets, `${userPrefix}%`],
      ),
  };
}

/**
 * Makes the index that every reader of changes needs, where it is missing or, because its making was cut off, not valid.
 * Undefined when it is there.
 */
export async function indexStep(
  client: pg.ClientBase,
  schema: string,
  table: string,
  touches: readonly Touched[],
): Promise<MigrationStep | undefined> {
  const { documents } = tableNames(schema, table);
  const { rows } = await client.query<{ name: string; valid: boolean }>(
    `SELECT indexrelid::regclass::text AS name, indisvalid AS valid
     FROM pg_index JOIN pg_attribute ON attrelid = indrelid AND attnum = indkey[0]
     WHERE indrelid = to_regclass($1) AND attname = 'saved_timestamp' AND indpred IS NULL`,
    [documents],
  );
  if (rows.some(({ valid }) => valid)) return undefined;
  return {
    name: 'index',
    says: 'The index on saved_timestamp is built while everybody reads and writes on.',
    touches,
    lock: 'none',
    apply: async (client) => {
      for (const { name } of rows) await atLeisure(client, `DROP INDEX CONCURRENTLY IF EXISTS ${name}`);
      await atLeisure(client, `CREATE INDEX CONCURRENTLY ON ${documents} (saved_timestamp)`);
    },
  };
}

/** Changing the type of a column has PostgreSQL forget its statistics, which it plans every join by. Undefined when it knows them. */
export async function statisticsStep(
  client: pg.ClientBase,
  schema: string,
  table: string,
  touches: readonly Touched[],
): Promise<MigrationStep | undefined> {
  const { rows } = await client.query<{ columns: string[] }>(
    `SELECT array_agg(attname::text) AS columns FROM pg_stats WHERE schemaname = $1 AND tablename = $2`,
    [schema, table],
  );
  const columns = rows[0]?.columns ?? [];
  if (columns.length === 0 || columns.includes('_id')) return undefined;
  return statistics(schema, table, touches);
}

/** See `statisticsStep`. */
export function statistics(schema: string, table: string, touches: readonly Touched[]): MigrationStep {
  return {
    name: 'statistics',
    says: 'PostgreSQL takes a sample of the ids, to plan by.',
    touches,
    lock: 'none',
    apply: (client) => atLeisure(client, `ANALYZE ${tableNames(schema, table).documents} (_id)`),
  };
}

/**
 * Brings rows in line that another version has written after this one: it knows no `_rev` and no watermark. Undefined when
 * there are none.
 */
export async function strangersStep(
  client: pg.ClientBase,
  schema: string,
  table: string,
  touches: readonly Touched[],
): Promise<MigrationStep | undefined> {
  const { documents, watermark } = tableNames(schema, table);
  const { rows } = await client.query<{ found: boolean | null }>(
    `SELECT (SELECT max(saved_timestamp) FROM ${documents}) > (SELECT saved_timestamp FROM ${watermark}) AS found`,
  );
  if (rows[0]?.found !== true) return undefined;
  return {
    name: 'rows-of-another-version',
    says: 'Rows that another version has written since this one was at work get the revision of their document.',
    touches,
    lock: 'none',
    apply: async (client) => {
      await client.query('BEGIN');
      try {
        // The lock of all writers comes first, as with them.
        await atLeisure(
          client,
          `WITH before AS (SELECT saved_timestamp FROM ${watermark} FOR UPDATE)
           UPDATE ${documents} t SET _rev = doc ->> '_rev', last_doc = CASE WHEN _deleted THEN last_doc END
           FROM before
           WHERE t.saved_timestamp > before.saved_timestamp AND doc ->> '_rev' <> _rev`,
        );
        await client.query(
          `UPDATE ${watermark} SET saved_timestamp = greatest(saved_timestamp, (SELECT max(saved_timestamp) FROM ${documents}))`,
        );
        await client.query('COMMIT');
      } catch (error) {
        await client.query('ROLLBACK').catch(() => undefined);
        throw error;
      }
    },
  };
}

/** Runs a statement that may take as long as it takes. The connection is not used for anything else afterwards. */
async function atLeisure(client: pg.ClientBase, text: string, values: readonly unknown[] = []): Promise<void> {
  await client.query('SET statement_timeout = 0; SET lock_timeout = 0');
  const statement = { text, values: [...values], query_timeout: stepTimeoutMs };
  await client.query(statement);
}
