import { configError, type Config, type Problem } from '../config/index.js';

/** A configuration in which PostgreSQL is named. */
export type ConfigWithPostgres = Config & { readonly postgresHost: string };

type Host = 'couchdbHost' | 'postgresHost';

const variables = { couchdbHost: 'COUCHDB_HOST', postgresHost: 'POSTGRES_HOST' } as const;

/**
 * Makes sure that a production command is not run against the demonstration.
 *
 * @throws ConfigError that names the hosts which are not set.
 */
export function requireHosts<K extends Host>(
  config: Config,
  hosts: readonly K[],
): asserts config is 'postgresHost' extends K ? ConfigWithPostgres : Config {
  const problems = hosts
    .filter((host) => (host === 'couchdbHost' ? config.couchdbServers.length === 0 : config[host] === undefined))
    .map((host): Problem => {
      const cause = 'it is not set, and this command is for servers of your own';
      return { option: variables[host], cause, remedy: '`cht-sync start` uses embedded ones.' };
    });
  if (problems.length > 0) throw configError(problems);
}
