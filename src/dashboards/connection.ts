import type { PostgresConnection } from '../postgres/index.js';

/** How Superset itself reaches PostgreSQL. */
export type DashboardConnection = Pick<
  PostgresConnection,
  'host' | 'port' | 'user' | 'password' | 'database' | 'sslmode'
>;

/** The connection that CHT Sync's dashboards use, wherever they are installed. */
export const ourDatabase = '28828224-e8ab-55d8-8863-439325da9cee';

/** What stands in files in place of where PostgreSQL is. */
export const placeholderUri = 'postgresql+psycopg2://reader:XXXXXXXXXX@localhost:5432/cht_sync';

/** The schema that the datasets in files name. */
export const schemaOfFiles = 'v1';

const hiddenPassword = 'XXXXXXXXXX';

/**
 * The address in the form that Superset takes: https://docs.sqlalchemy.org/en/14/core/engines.html#database-urls. A Unix
 * socket is named in the query.
 *
 * @param password - what stands for the password; the hidden one is what Superset replaces by a password it is sent apart.
 */
export function sqlalchemyUri(
  { host, port, user, database, sslmode }: DashboardConnection,
  password = hiddenPassword,
): string {
  const isSocket = host.startsWith('/');
  const query = new URLSearchParams();
  if (isSocket) query.set('host', host);
  // Certificates of this machine's files are not on Superset's; it encrypts, and does not check who answers.
  if (sslmode !== undefined && sslmode !== 'disable') query.set('sslmode', 'require');
  const place = isSocket ? `:${port}` : `${host.includes(':') ? `[${host}]` : host}:${port}`;
  const rest = query.size === 0 ? '' : `?${query.toString()}`;
  const signIn = `${encodeURIComponent(user)}:${encodeURIComponent(password)}`;
  return `postgresql+psycopg2://${signIn}@${place}/${encodeURIComponent(database)}${rest}`;
}
