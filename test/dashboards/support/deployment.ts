import { randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { inject } from 'vitest';
import type { DashboardConnection } from '../../../src/dashboards/index.js';

/** A small set of files: a dashboard with two charts and a filter on the table `visit`. */
export const bundle = fileURLToPath(new URL('bundle', import.meta.url));

/** A database with that table, in which each area has as many visits as are given, and a role that may only read. */
export async function createVisits(
  schema: string,
  areas: Readonly<Record<string, number>>,
): Promise<DashboardConnection & { drop(): Promise<void> }> {
  const name = `visits_${randomBytes(6).toString('hex')}`;
  const password = randomBytes(12).toString('base64url');
  const url = new URL(inject('postgresUrl'));
  const admin = new pg.Client({ connectionString: url.href });
  await admin.connect();
  await admin.query(`CREATE DATABASE ${name}`);
  await admin.query(`CREATE ROLE ${name} LOGIN PASSWORD '${password}'`);
  url.pathname = `/${name}`;
  const client = new pg.Client({ connectionString: url.href });
  await client.connect();
  const place = pg.escapeIdentifier(schema);
  await client.query(`CREATE SCHEMA ${place}; CREATE TABLE ${place}.visit (area text, reported timestamp)`);
  for (const [area, count] of Object.entries(areas)) {
    await client.query(`INSERT INTO ${place}.visit SELECT $1, now() FROM generate_series(1, $2::int)`, [area, count]);
  }
  await client.query(`GRANT USAGE ON SCHEMA ${place} TO ${name}; GRANT SELECT ON ${place}.visit TO ${name}`);
  await client.end();
  return {
    ...{ host: url.hostname, port: Number(url.port), user: name, password, database: name },
    drop: async () => {
      await admin.query(`DROP DATABASE ${name} WITH (FORCE)`);
      await admin.query(`DROP ROLE ${name}`);
      await admin.end();
    },
  };
}
