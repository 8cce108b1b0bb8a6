import type { TestCouchDatabase, TestCouchDb } from '../../support/couchdb.js';
import type { TestDatabase } from '../../support/database.js';
import type { TestRole } from '../../support/role.js';

/** The variables that lead a command to databases of a CouchDB. */
export function couchDbVariables(
  { url, user, password }: Pick<TestCouchDb, 'url' | 'user' | 'password'>,
  databases: readonly (TestCouchDatabase | string)[],
): Record<string, string> {
  const { hostname, port, protocol } = new URL(url);
  const isSecure = protocol === 'https:';
  return {
    COUCHDB_HOST: hostname,
    COUCHDB_PORT: port || (isSecure ? '443' : '80'),
    COUCHDB_SECURE: String(isSecure),
    COUCHDB_USER: user,
    COUCHDB_PASSWORD: password,
    COUCHDB_DBS: databases.map((database) => (typeof database === 'string' ? database : database.name)).join(','),
  };
}

/** The variables that lead a command to a PostgreSQL, as a role of the test's own if there is one. */
export function postgresVariables(
  { connection }: TestDatabase,
  role: Pick<TestRole, 'user' | 'password'> = connection,
) {
  return {
    POSTGRES_HOST: connection.host,
    POSTGRES_PORT: String(connection.port),
    POSTGRES_USER: role.user,
    POSTGRES_PASSWORD: role.password,
    POSTGRES_DB: connection.database,
  };
}
