import { expect, test } from 'vitest';
import { workerEnvironment, type WorkerSettings } from './worker-environment.js';

const settings: WorkerSettings = {
  connection: { host: 'db', port: 5433, user: 'u', password: 'p', database: 'd' },
  schema: 'v1',
  rootSchema: 'raw',
  table: 'couchdb',
  threads: 2,
  batchSize: 500,
  batchOrder: 'newest',
};

test('the worker has what packages read, and what git and pip need', () => {
  const environment = workerEnvironment(settings, { PATH: '/bin', https_proxy: 'p', GIT_SSH_COMMAND: 'ssh' }, 150_000);
  expect(environment).toMatchObject({
    ...{ PATH: '/bin', https_proxy: 'p', GIT_SSH_COMMAND: 'ssh' },
    ...{ POSTGRES_HOST: 'db', POSTGRES_PORT: '5433', POSTGRES_USER: 'u', POSTGRES_PASSWORD: 'p', POSTGRES_DB: 'd' },
    ...{ POSTGRES_SCHEMA: 'v1', ROOT_POSTGRES_SCHEMA: 'raw', POSTGRES_TABLE: 'couchdb', POSTGRES_SSLMODE: 'disable' },
    ...{ DBT_THREAD_COUNT: '2', DBT_BATCH_SIZE: '500', DBT_BATCH_ORDER: 'newest', CHT_SYNC_DATAEMON: 'true' },
  });
  expect(environment.PGOPTIONS).toContain('client_connection_check_interval');
});

test('a package finds variables of its own', () => {
  const environment = workerEnvironment(settings, { MY_COUNTRY: 'KE', DBT_ENV_SECRET_TOKEN: 't' }, 150_000);
  expect(environment).toMatchObject({ MY_COUNTRY: 'KE', DBT_ENV_SECRET_TOKEN: 't' });
});

test('what would turn dbt, Python or libpq into something else is not passed on', () => {
  const from = { PYTHONPATH: '/elsewhere', DBT_PROFILES_DIR: '/x', PGDATABASE: 'other', NODE_OPTIONS: '--inspect' };
  const environment = workerEnvironment(settings, from, 150_000);
  for (const name of Object.keys(from)) expect(environment).not.toHaveProperty(name);
});

test('nothing of CouchDB reaches packages, and no option unknown to the server', () => {
  const given = { COUCHDB_PASSWORD: 'secret', DBT_PROJECT_DIR: '/elsewhere', POSTGRES_HOST: 'other' };
  const environment = workerEnvironment(settings, given, 130_000);
  expect(environment).not.toHaveProperty('COUCHDB_PASSWORD');
  expect(environment).not.toHaveProperty('DBT_PROJECT_DIR');
  expect(environment).not.toHaveProperty('PGOPTIONS');
  expect(environment.POSTGRES_HOST).toBe('db');
});

test('dbt makes the connection as couch2pg does, with the same certificates', () => {
  const files = { caFile: '/tls/ca.pem', certFile: '/tls/own.crt', keyFile: '/tls/own.key' };
  const connection = { ...settings.connection, sslmode: 'verify-ca', ...files } as const;
  expect(workerEnvironment({ ...settings, connection }, {}, 150_000)).toMatchObject({
    ...{ POSTGRES_SSLMODE: 'verify-ca', PGSSLROOTCERT: '/tls/ca.pem' },
    ...{ PGSSLCERT: '/tls/own.crt', PGSSLKEY: '/tls/own.key' },
  });
});
