import { expect, test } from 'vitest';
import { readConfig } from './read.js';
import { secretsOf } from './secrets.js';
import { describeProblem } from './problem.js';

const postgres = { POSTGRES_HOST: 'db', POSTGRES_USER: 'u', POSTGRES_PASSWORD: 'hunter22', POSTGRES_DB: 'd' };

/** Reads a configuration whose CONFIG_FILE holds a text. */
function read(text: string, env: Record<string, string> = {}, files: Record<string, string> = {}, isOpen = false) {
  return readConfig({
    flags: {},
    env: { CONFIG_FILE: 'etc/cht.yaml', ...env },
    dotenv: {},
    readFile: (path) => {
      const found = path === 'etc/cht.yaml' ? text : files[path];
      if (found === undefined) throw new Error('ENOENT');
      return found;
    },
    openTo: () => (isOpen ? 'others' : undefined),
  });
}

const problems = (text: string, ...more: [env?: Record<string, string>, files?: Record<string, string>]) =>
  read(text, ...more).problems.map(describeProblem);

test('a file names several servers, each with its own keys and with defaults for the rest', () => {
  const reading = read(
    `
couchdb:
  - host: a.example.org
    port: 443
    secure: true
    user: medic
    password: \${PASSWORD_OF_A}
    databases: [medic, _users]
  - host: b.example.org
    feed: longpoll
`,
    { PASSWORD_OF_A: 'from-environment' },
  );
  expect(reading.problems).toEqual([]);
  const { couchdbServers } = reading.config();
  expect(couchdbServers).toMatchObject([
    {
      host: 'a.example.org',
      port: 443,
      secure: true,
      user: 'medic',
      password: 'from-environment',
      databases: ['medic', '_users'],
      feed: 'continuous',
    },
    { host: 'b.example.org', port: 5984, secure: false, user: undefined, databases: ['medic'], feed: 'longpoll' },
  ]);
  expect(secretsOf(reading.config())).toContain('from-environment');
  expect(JSON.stringify([reading.settings, reading.serverSettings])).not.toContain('from-environment');
});

test('the same in JSON', () => {
  const { couchdbServers } = read('{"couchdb": [{"host": "a", "port": 1, "user": null}], "BATCH_SIZE": 7}').config();
  expect(couchdbServers).toMatchObject([{ host: 'a', port: 1, user: undefined }]);
});

test('without a file that names servers, COUCHDB_HOST is the one server', () => {
  expect(read('BATCH_SIZE: 7', { COUCHDB_HOST: 'a' }).config().couchdbServers).toMatchObject([{ host: 'a' }]);
  expect(read('BATCH_SIZE: 7').config().couchdbServers).toEqual([]);
});

test('flag, environment and .env go before the file, the file before defaults', () => {
  const reading = read('BATCH_SIZE: 7\nBATCH_LINGER_MS: 8\nPOSTGRES_SCHEMA:\n', { BATCH_SIZE: '9' });
  expect(reading.config()).toMatchObject({ batchSize: 9, batchLingerMs: 8, postgresSchema: 'v1' });
  expect(reading.settings.filter(({ env }) => env.startsWith('BATCH_')).map(({ origin }) => origin)).toEqual([
    'environment',
    'default',
    'etc/cht.yaml',
  ]);
});

test('a password of the environment replaces that of the file, however the file gives it', () => {
  const text = 'POSTGRES_HOST: db\nPOSTGRES_USER: u\nPOSTGRES_DB: d\nPOSTGRES_PASSWORD_FILE: secret';
  expect(read(text, { POSTGRES_PASSWORD: 'mine' }).config().postgresPassword).toBe('mine');
  expect(read(text, {}, { 'etc/secret': 'theirs\n' }).config().postgresPassword).toBe('theirs');
});

test('a value is a text: leading zeros of a password stay, and $${NAME} is ${NAME}', () => {
  const { couchdbServers } = read('couchdb: {host: a, user: u, password: 0123}').config();
  expect(couchdbServers[0]?.password).toBe('0123');
  expect(read('couchdb: {host: a, user: u, password: "x$${Y}"}').config().couchdbServers[0]?.password).toBe('x${Y}');
});

test('passwords come from files beside the configuration file, and from variables', () => {
  const text = 'couchdb:\n - {host: a, user: u, password_file: a.txt}\n - {host: b, user: u, password_env: B}';
  const { couchdbServers } = read(text, { B: 'of b' }, { 'etc/a.txt': 'of a\n' }).config();
  expect(couchdbServers.map(({ password }) => password)).toEqual(['of a', 'of b']);
});

test("Helm's form: what the servers have in common, and a list of them", () => {
  const text =
    'couchdb: {user: medic, dbs: medic medic-sentinel, port: 443, secure: true}\ncouchdbs:\n - {host: a, password: pa}\n - {host: b, password: pb, dbs: medic}';
  expect(read(text).config().couchdbServers).toMatchObject([
    { host: 'a', port: 443, secure: true, user: 'medic', password: 'pa', databases: ['medic', 'medic-sentinel'] },
    { host: 'b', port: 443, secure: true, user: 'medic', password: 'pb', databases: ['medic'] },
  ]);
});

test('what an entry leaves out is taken from the COUCHDB_* options', () => {
  const reading = read('couchdb: [{host: a}, {host: b, port: 1}]', {
    COUCHDB_PORT: '443',
    COUCHDB_USER: 'u',
    COUCHDB_PASSWORD: 'secret',
  });
  expect(reading.problems).toEqual([]);
  expect(reading.warnings).toEqual([]);
  expect(reading.config().couchdbServers).toMatchObject([
    { host: 'a', port: 443, user: 'u', password: 'secret' },
    { host: 'b', port: 1 },
  ]);
});

test('everything wrong is named at once, by its place in the file, with cause and remedy', () => {
  const text = `
BATCH_SIZ: 3
couchdb:
  - hots: a
    port: 99999
  - host: https://b:443/
  - host: c
    user: u
  - host: d
    user: u
    password: p
    password_env: P
  - host: e
    databases: [Medic]
    secure: 1
  - f
`;
  expect(problems(text)).toMatchInlineSnapshot(`
    [
      "BATCH_SIZ (etc/cht.yaml): there is no such option. Did you mean BATCH_SIZE?",
      "couchdb[0].hots (etc/cht.yaml): there is no such key. Did you mean host?",
      "couchdb[0].port is "99999" (etc/cht.yaml): it is more than 65535. Give a whole number from 1 to 65535.",
      "couchdb[1].host is "https://b:443/" (etc/cht.yaml): it is not a plain host name. Write host=b, port=443 and secure=true.",
      "couchdb[2].password (etc/cht.yaml): it is not set, but user is. Set password, password_file or password_env.",
      "couchdb[3].password_env (etc/cht.yaml): password is set too. Set one of them only.",
      "couchdb[4].secure is "1" (etc/cht.yaml): it is neither "true" nor "false". Give true or false.",
      "couchdb[4].databases is "Medic" (etc/cht.yaml): CouchDB has no databases named "Medic". Give names of lower-case letters, digits and _$()+-/ that begin with a letter, separated by commas or spaces.",
      "couchdb[5] (etc/cht.yaml): it is no mapping of keys to values. Write \`host: ...\` and what else is needed under it.",
    ]
  `);
});

test('two sources of one name are refused, and a name of its own distinguishes a server', () => {
  const ports = 'couchdb:\n - {host: localhost, port: 5984}\n - {host: localhost, port: 5985}';
  expect(problems(ports)).toEqual([
    'couchdb[1].host is "localhost" (etc/cht.yaml): couchdb[0] is another server of that name, and a source is called <host>/<database> or <name>/<database>. Give couchdb[1] a `name` of its own.',
  ]);
  expect(problems(ports.replace('5985', '5985, name: west'))).toEqual([]);
  expect(problems('couchdb:\n - {host: a, databases: [x, y]}\n - {host: A, databases: [y, z]}')).toEqual([
    'couchdb[1].databases is "y" (etc/cht.yaml): couchdb[0] has the same server and follows it already. Name each database of a server once.',
  ]);
  expect(problems('couchdb:\n - {host: a, databases: x}\n - {host: a, databases: y}')).toEqual([]);
});

test.each([
  ['couchdb: []', /couchdb .*it names no server/],
  ['couchdb: [1', /CONFIG_FILE is "etc\/cht.yaml": it cannot be read: line 1, column 12/],
  ['- 1', /it is not a mapping/],
  ['couchdb: *a', /Unresolved alias/],
  ['couchdb: {host: a, password: "${NONE}", user: u}', /couchdb.password .*: the environment has no NONE/],
  ['couchdb: {host: a}\nCOUCHDB_HOST: b', /COUCHDB_HOST: CONFIG_FILE names CouchDB servers too/],
  ['BATCH_SIZE: {a: 1}', /BATCH_SIZE .*: it is not a plain value/],
  ['postgres_host: a', /Did you mean POSTGRES_HOST\?/],
  ['CONFIG_FILE: other', /CONFIG_FILE .*there is no such option/],
])('%j is refused with one message', (text, message) => {
  const found = problems(text);
  expect(found).toHaveLength(1);
  expect(found[0]).toMatch(message);
});

test('a broken line with a password in it is not repeated', () => {
  expect(JSON.stringify(problems('couchdb:\n - host: a\n   password: "hunter22\n'))).not.toContain('hunter22');
});

test('a file that is not there is named', () => {
  const reading = readConfig({
    flags: { CONFIG_FILE: 'x' },
    env: {},
    dotenv: {},
    readFile: () => {
      throw new Error('ENOENT');
    },
  });
  expect(reading.problems.map(describeProblem)).toEqual([
    'CONFIG_FILE is "x" (flag): that file cannot be read (ENOENT). Correct the path, or make the file readable for this user.',
  ]);
});

test('a password that stands in a file which everybody may read brings a warning', () => {
  const warnings = (text: string) => read(text, { P: 'p', ...postgres }, {}, true).warnings.map(({ option }) => option);
  expect(warnings('couchdb: {host: a, user: u, password: secret}')).toEqual(['CONFIG_FILE']);
  expect(warnings('couchdb: {host: a, user: u, password: "${P}"}')).toEqual([]);
});
