import { resolve } from 'node:path';
import { configError, type Config } from '../config/index.js';
import type { DashboardConnection, SupersetAccess } from '../dashboards/index.js';
import { runningPostgres } from './servers.js';
import { readAddresses } from './start/addresses.js';

/**
 * The Superset that is configured, or that of the demonstration that runs in this folder.
 *
 * @throws ConfigError when there is neither.
 */
export async function supersetAccess(config: Config, folder: string): Promise<SupersetAccess> {
  const { supersetUrl: url, supersetUser: user, supersetPassword: password } = config;
  if (url !== undefined) {
    if (password !== undefined) return { url, user, password };
    const remedy = 'Set SUPERSET_PASSWORD, or name a file that holds it in SUPERSET_PASSWORD_FILE.';
    throw configError([{ option: 'SUPERSET_PASSWORD', cause: 'it is not set, but SUPERSET_URL is set', remedy }]);
  }
  const embedded = (await readAddresses(resolve(folder, config.embeddedDataDir)))?.superset;
  if (embedded !== undefined) return embedded.access;
  throw configError([
    {
      option: 'SUPERSET_URL',
      cause: 'it is not set, and no demonstration with a Superset runs in this folder',
      remedy: 'Set it to the address of Superset, or run `npm start -- --superset` in another terminal first.',
    },
  ]);
}

/**
 * How Superset reaches PostgreSQL: as configured for it, and in what is not as CHT Sync itself does.
 *
 * @throws ConfigError when no PostgreSQL is configured and no demonstration runs in this folder.
 */
export async function dashboardConnection(config: Config, folder: string): Promise<DashboardConnection> {
  const own = await runningPostgres(config, folder);
  const demonstration =
    config.postgresHost === undefined ? await readAddresses(resolve(folder, config.embeddedDataDir)) : undefined;
  const { user, password } = demonstration?.superset?.reader ?? own;
  return {
    host: config.supersetDbHost ?? own.host,
    port: config.supersetDbPort ?? own.port,
    user: config.supersetDbUser ?? user,
    password: config.supersetDbPassword ?? password,
    database: own.database,
    ...(own.sslmode === undefined ? {} : { sslmode: own.sslmode }),
  };
}
