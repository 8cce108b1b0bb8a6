import { generateKeyPairSync } from 'node:crypto';
import { rootCertificates } from 'node:tls';
import { expect, test } from 'vitest';
import { describeProblem } from './problem.js';
import { readConfig } from './read.js';

const certificate = rootCertificates[0] ?? '';
const key = (passphrase?: string) =>
  generateKeyPairSync('ec', {
    namedCurve: 'P-256',
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: {
      type: 'pkcs8',
      format: 'pem',
      ...(passphrase === undefined ? {} : { cipher: 'aes-256-cbc', passphrase }),
    },
  }).privateKey;

const files: Record<string, string> = {
  'good.pem': certificate,
  'bundle.pem': `# two\n${certificate}\n${rootCertificates[1] ?? ''}`,
  'text.txt': 'not a certificate',
  'damaged.pem': certificate.replace(/[A-Za-z]{20}/, 'AAAAAAAAAAAAAAAAAAAA'),
  'foreign.key': key(),
  'locked.key': key('hunter22'),
  'empty.pem': '\n',
};

function problems(env: Record<string, string>): string[] {
  const readFile = (path: string) => {
    const found = files[path];
    if (found === undefined) throw new Error('ENOENT');
    return found;
  };
  return readConfig({ flags: {}, env, dotenv: {}, readFile }).problems.map(describeProblem);
}

test.each([
  [{ COUCHDB_CA_FILE: 'good.pem' }, undefined],
  [{ POSTGRES_CA_FILE: 'bundle.pem' }, undefined],
  [{ COUCHDB_CA_FILE: 'text.txt' }, /COUCHDB_CA_FILE is "text.txt" .*that file holds no certificate in PEM/],
  [{ COUCHDB_CA_FILE: 'damaged.pem' }, /certificate 1 of that file is damaged/],
  [{ COUCHDB_CA_FILE: 'empty.pem' }, /that file is empty/],
  [{ COUCHDB_CA_FILE: 'missing.pem' }, /that file cannot be read/],
  [{ POSTGRES_CERT_FILE: 'good.pem' }, /POSTGRES_KEY_FILE: it is not set, but POSTGRES_CERT_FILE is set/],
  [{ POSTGRES_KEY_FILE: 'foreign.key' }, /POSTGRES_CERT_FILE: it is not set/],
  [
    { COUCHDB_CERT_FILE: 'good.pem', COUCHDB_KEY_FILE: 'foreign.key' },
    /COUCHDB_KEY_FILE .*it is not the key of good.pem/,
  ],
  [{ COUCHDB_CERT_FILE: 'good.pem', COUCHDB_KEY_FILE: 'locked.key' }, /that key has a passphrase/],
  [{ COUCHDB_CERT_FILE: 'good.pem', COUCHDB_KEY_FILE: 'text.txt' }, /that file holds no private key in PEM/],
])('of %j is told what is wrong before anything is connected', (env, message) => {
  const found = problems(env);
  expect(found).toHaveLength(message === undefined ? 0 : 1);
  if (message !== undefined) expect(found[0]).toMatch(message);
});

test('a file with certificates that CONFIG_FILE names is checked, too, by its place', () => {
  files['c.yaml'] = 'couchdb:\n - {host: a, secure: true, ca_file: text.txt}\n - {host: b, cert_file: good.pem}';
  expect(problems({ CONFIG_FILE: 'c.yaml' })).toEqual([
    expect.stringMatching(/^couchdb\[0\]\.ca_file is "text.txt" \(c.yaml\): that file holds no certificate in PEM\./),
    'couchdb[1].key_file (c.yaml): it is not set, but cert_file is. Set key_file.',
  ]);
});

test('TLS over a Unix socket is refused', () => {
  const env = { POSTGRES_HOST: '/run/postgresql', POSTGRES_USER: 'u', POSTGRES_PASSWORD: 'p', POSTGRES_DB: 'd' };
  expect(problems({ ...env, POSTGRES_SSLMODE: 'disable' })).toEqual([]);
  expect(problems({ ...env, POSTGRES_SSLMODE: 'require' })).toEqual([
    expect.stringMatching(/Unix socket, which has no TLS/),
  ]);
});
