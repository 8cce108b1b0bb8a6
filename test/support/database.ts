import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { inject } from 'vitest';

/** A database of a test's own; `await using` removes it. */
export interface TestDatabase extends AsyncDisposable {
  readonly url: string;
  readonly connection: { host: string; port: number; user: string; password: string; database: string };
  readonly pool: pg.Pool;
}

/**
 * Makes an empty database on the test run's PostgreSQL.
 *
 * @param locale - of ICU, such as `en-US`: the order of texts by default; without it, that of the server.
 */
export async function createTestDatabase({ locale }: { readonly locale?: string } = {}): Promise<TestDatabase> {
  const admin = new URL(inject('postgresUrl'));
  const name = `test_${randomBytes(6).toString('hex')}`;
  const ordered = locale === undefined ? '' : `TEMPLATE template0 LOCALE_PROVIDER icu ICU_LOCALE '${locale}'`;
  await adminQuery(admin, `CREATE DATABASE ${name} ${ordered}`);
  const url = new URL(admin);
  url.pathname = `/${name}`;
  const pool = new pg.Pool({ connectionString: url.href });
  // A test may cut its own connections.
  pool.on('error', () => undefined);
  return {
    url: url.href,
    connection: {
      host: url.hostname,
      port: Number(url.port),
      user: decodeURIComponent(url.username),
      password: decodeURIComponent(url.password),
      database: name,
    },
    pool,
    [Symbol.asyncDispose]: async () => {
      await pool.end();
      await adminQuery(admin, `DROP DATABASE ${name} WITH (FORCE)`);
    },
  };
}

async function adminQuery(admin: URL, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: admin.href });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}
