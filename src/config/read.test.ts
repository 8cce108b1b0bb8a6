import fc from 'fast-check';
import { expect, test } from 'vitest';
import { optionList } from './options.js';
import { readConfig, refuseSecretFlags, type ConfigSources } from './read.js';
import { secretsOf } from './secrets.js';

const postgres = { POSTGRES_HOST: 'db', POSTGRES_USER: 'u', POSTGRES_PASSWORD: 'hunter22', POSTGRES_DB: 'd' };

function read(sources: Partial<ConfigSources>) {
  const readFile = () => {
    throw new Error('ENOENT');
  };
  return readConfig({ flags: {}, env: {}, dotenv: {}, readFile, ...sources });
}

const setting = (reading: ReturnType<typeof read>, env: string) => reading.settings.find((one) => one.env === env);

test('without anything given every option has its default and nothing is wrong', () => {
  const reading = read({});
  expect(reading.problems).toEqual([]);
  expect(reading.warnings).toEqual([]);
  expect(reading.config()).toMatchObject({
    couchdbPort: 5984,
    couchdbDbs: ['medic', 'medic-sentinel', 'medic-users-meta', '_users'],
    couchdbSecure: false,
    postgresSchema: 'v1',
    rootPostgresSchema: 'v1',
    batchSize: 5000,
    batchBytes: 8 * 1024 * 1024,
    metricsPort: 9399,
  });
  expect(reading.config().couchdbHost).toBeUndefined();
});

test('a flag wins over the environment, the environment over .env, and each is named as the origin', () => {
  const reading = read({
    flags: { BATCH_SIZE: '1' },
    env: { BATCH_SIZE: '2', BATCH_LINGER_MS: '3' },
    dotenv: { BATCH_SIZE: '4', BATCH_LINGER_MS: '5', DBT_THREAD_COUNT: '6' },
  });
  expect(reading.config()).toMatchObject({ batchSize: 1, batchLingerMs: 3, dbtThreadCount: 6 });
  expect(
    ['BATCH_SIZE', 'BATCH_LINGER_MS', 'DBT_THREAD_COUNT', 'LOG_LEVEL'].map((env) => setting(reading, env)?.origin),
  ).toEqual(['flag', 'environment', '.env', 'default']);
});

test('an empty value counts as unset, wherever it stands', () => {
  const names = Object.fromEntries(optionList.map(({ env }) => [env, '']));
  const reading = read({ flags: names, env: names, dotenv: { ...names, DBT_THREAD_COUNT: '6' } });
  expect(reading.problems).toEqual([]);
  expect(reading.config().dbtThreadCount).toBe(6);
});

test('defaults follow the options they depend on', () => {
  expect(read({ env: { COUCHDB_HOST: 'couch' } }).config().couchdbDbs).toEqual(['medic']);
  expect(read({ env: { POSTGRES_SCHEMA: 'v2' } }).config().rootPostgresSchema).toBe('v2');
});

test('all wrong options are named at once, with value, cause and remedy', () => {
  const reading = read({
    env: { COUCHDB_PORT: '70000', LOG_LEVEL: 'loud' },
    dotenv: { BATCH_SIZE: 'many', POSTGRES_SCHEMA: 'pg_mine' },
  });
  expect(() => reading.config()).toThrowErrorMatchingInlineSnapshot(`
    [ConfigError: 4 options are wrong:
      COUCHDB_PORT is "70000" (environment): it is more than 65535. Give a whole number from 1 to 65535.
      POSTGRES_SCHEMA is "pg_mine" (.env): PostgreSQL keeps names with "pg_" for itself. Give another name.
      BATCH_SIZE is "many" (.env): it is not a whole number. Give a whole number from 1 to 100000, in digits only.
      LOG_LEVEL is "loud" (environment): there is no such choice. Give one of: debug, info, warn, error, silent.
     ]
  `);
});

test.each([
  ['http://couch:5984/', 'Write COUCHDB_HOST=couch, COUCHDB_PORT=5984 and COUCHDB_SECURE=false.'],
  ['https://couch.example.org', 'Write COUCHDB_HOST=couch.example.org and COUCHDB_SECURE=true.'],
  ['couch:5984', 'Write COUCHDB_HOST=couch and COUCHDB_PORT=5984.'],
  ['couch/medic', 'Write COUCHDB_HOST=couch.'],
  ['http://[::1]:5984', 'Write COUCHDB_HOST=::1, COUCHDB_PORT=5984 and COUCHDB_SECURE=false.'],
  ['a host', 'Give a host name or address only, such as couchdb.example.org.'],
])('COUCHDB_HOST=%s is refused with what to write instead', (host, remedy) => {
  expect(read({ env: { COUCHDB_HOST: host } }).problems).toMatchObject([{ option: 'COUCHDB_HOST', remedy }]);
});

test.each(['couch', 'couch.example.org', '10.0.0.1', '::1', '[::1]'])('COUCHDB_HOST=%s is accepted', (host) => {
  expect(read({ env: { COUCHDB_HOST: host } }).problems).toEqual([]);
});

test('credentials in an address are shown nowhere, and are secrets of the log', () => {
  const wrong = read({ env: { COUCHDB_HOST: 'http://admin:hunter22@couch:5984/' } });
  expect(JSON.stringify([wrong.settings, wrong.problems])).not.toContain('hunter22');
  const token = read({ env: { CHT_PIPELINE_BRANCH_URL: 'https://token77@git.example.org/p.git#main' } });
  expect(setting(token, 'CHT_PIPELINE_BRANCH_URL')?.shown).toBe('https://***@git.example.org/p.git#main');
  expect(secretsOf(token.config())).toContain('token77');
});

test('databases are separated by commas, spaces or both, and named once', () => {
  const dbs = (text: string) => read({ env: { COUCHDB_HOST: 'c', COUCHDB_DBS: text } });
  expect(dbs('medic, medic-sentinel  _users,medic').config().couchdbDbs).toEqual(['medic', 'medic-sentinel', '_users']);
  expect(dbs('medic Medic').problems).toMatchObject([{ cause: 'CouchDB has no databases named "Medic"' }]);
  expect(dbs(' , ').problems).toMatchObject([{ cause: 'it names no database' }]);
});

test('a user without a password is wrong, and PostgreSQL needs user, password and database', () => {
  expect(read({ env: { COUCHDB_HOST: 'c', COUCHDB_USER: 'me' } }).problems).toMatchObject([
    { option: 'COUCHDB_PASSWORD' },
  ]);
  expect(read({ env: { COUCHDB_HOST: 'c', COUCHDB_PASSWORD: 'x' } }).problems).toMatchObject([
    { option: 'COUCHDB_USER' },
  ]);
  const options = read({ env: { POSTGRES_HOST: 'db' } }).problems.map(({ option }) => option);
  expect(options).toEqual(['POSTGRES_USER', 'POSTGRES_PASSWORD', 'POSTGRES_DB']);
  expect(read({ env: postgres }).problems).toEqual([]);
});

test('a secret may come from a file, of which the last line break is left out', () => {
  const { POSTGRES_PASSWORD, ...others } = postgres;
  const reading = read({
    env: { ...others, POSTGRES_PASSWORD_FILE: '/run/secrets/p' },
    readFile: (path) => (path === '/run/secrets/p' ? `${POSTGRES_PASSWORD}\n` : ''),
  });
  expect(reading.config().postgresPassword).toBe('hunter22');
  expect(setting(reading, 'POSTGRES_PASSWORD')).toMatchObject({ shown: '***', origin: 'file' });
});

test('a file of a secret that is empty, missing or given besides the secret itself is wrong', () => {
  const env = { ...postgres, POSTGRES_PASSWORD: '', POSTGRES_PASSWORD_FILE: '/p' };
  expect(read({ env }).problems).toMatchObject([{ option: 'POSTGRES_PASSWORD_FILE', value: '/p' }]);
  expect(read({ env, readFile: () => '\n' }).problems).toMatchObject([{ cause: 'that file is empty' }]);
  expect(read({ env: { ...env, ...postgres }, readFile: () => 'x' }).problems).toMatchObject([
    { option: 'POSTGRES_PASSWORD', cause: 'POSTGRES_PASSWORD_FILE is set too' },
  ]);
});

test('misspelled options are warned of, other variables are not', () => {
  const warned = (sources: Partial<ConfigSources>) =>
    read(sources).warnings.map(({ option, remedy }) => [option, remedy]);
  expect(warned({ env: { COUCHDB_HOSTS: 'x', POSTGRES_PASSWROD: 'x', DBT_THREADS: '4', BATCHSIZE: '1' } })).toEqual([
    ['COUCHDB_HOSTS', 'Did you mean COUCHDB_HOST?'],
    ['POSTGRES_PASSWROD', 'Did you mean POSTGRES_PASSWORD?'],
    ['DBT_THREADS', 'Did you mean DBT_THREAD_COUNT?'],
    ['BATCHSIZE', 'Did you mean BATCH_SIZE?'],
  ]);
  expect(warned({ dotenv: { LOGLEVLE: 'info' } })).toEqual([['LOGLEVLE', 'Did you mean LOG_LEVEL?']]);
  const others = {
    PATH: '/bin',
    HOME: '/',
    LOG_FILE: 'x',
    POSTGRES_INITDB_ARGS: 'x',
    POSTGRES_TEST_URL: 'x',
    PGUSER: 'x',
  };
  expect(warned({ env: others })).toEqual([]);
  expect(warned({ dotenv: { COMPOSE_PROJECT_NAME: 'cht-sync', PGADMIN_PORT: '5050', BASTION_PORT: '22222' } })).toEqual(
    [],
  );
});

test('credentials that are not used because no host is named are warned of', () => {
  expect(read({ env: { COUCHDB_USER: 'me', COUCHDB_PASSWORD: 'x' } }).warnings).toMatchObject([
    { option: 'COUCHDB_USER, COUCHDB_PASSWORD' },
  ]);
});

test('a password on the command line is refused without being repeated', () => {
  for (const args of [
    ['--couchdb-password', 'hunter22'],
    ['start', '--postgres-password=hunter22'],
  ]) {
    expect(() => refuseSecretFlags(args)).toThrow(/not taken from the command line/);
    expect(() => refuseSecretFlags(args)).not.toThrow(/hunter22/);
  }
});

test('whatever the texts are: it never throws, and a secret is in no setting, problem or warning', () => {
  const names = optionList.map(({ env }) => env);
  const secret = 'S3cr3t-canary';
  fc.assert(
    fc.property(fc.dictionary(fc.constantFrom(...names), fc.string()), (texts) => {
      const env = { ...texts, COUCHDB_PASSWORD: secret, POSTGRES_PASSWORD: secret };
      const reading = read({ env });
      expect(JSON.stringify([reading.settings, reading.problems, reading.warnings])).not.toContain(secret);
      if (reading.problems.length > 0) expect(() => reading.config()).toThrow(/CONFIG|wrong|:/);
      else expect(secretsOf(reading.config())).toEqual(expect.arrayContaining([secret]));
    }),
  );
});

test('a number is accepted exactly when it is within its bounds', () => {
  fc.assert(
    fc.property(fc.integer({ min: -10, max: 200_000 }), (rows) => {
      expect(read({ env: { BATCH_SIZE: String(rows) } }).problems.length === 0).toBe(rows >= 1 && rows <= 100_000);
    }),
  );
});
