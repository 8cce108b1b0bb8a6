import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { statusError } from '../../src/couchdb/couchdb-error.js';
import { CouchDbClient, Database } from '../../src/couchdb/index.js';
import { createAuthority } from '../support/certificates.js';
import { createTestCouchDb, type TestCouchDb } from '../support/couchdb.js';
import { startHttpsProxy } from '../support/https-proxy.js';

describe('CouchDB over https', () => {
  const authority = createAuthority();
  const good = authority.issue({ names: ['127.0.0.1', 'localhost'] });
  let couchdb: TestCouchDb;
  let database: string;

  beforeAll(async () => {
    couchdb = await createTestCouchDb();
    database = (await couchdb.createDatabase()).name;
  });
  afterAll(() => couchdb[Symbol.asyncDispose]());

  /** Asks for the database at an address. */
  async function ask(url: string, tls: { ca?: string; certificate?: { cert: string; key: string } } = {}) {
    const { user, password } = couchdb;
    const client = new CouchDbClient({ url, credentials: { user, password }, ...tls });
    try {
      return await new Database(client, database).info();
    } finally {
      await client.close();
    }
  }

  test("a certificate of an authority of one's own is good when COUCHDB_CA_FILE names it", async () => {
    await using proxy = await startHttpsProxy(couchdb.url, good);
    await expect(ask(`https://127.0.0.1:${proxy.port}`, { ca: authority.ca })).resolves.toMatchObject({ documents: 0 });
    await expect(ask(`https://localhost:${proxy.port}`, { ca: authority.ca })).resolves.toMatchObject({ documents: 0 });
  });

  test.each([
    [
      'of an authority that is not trusted',
      undefined,
      {},
      /its certificate is of an authority that is not trusted/,
      /COUCHDB_CA_FILE/,
    ],
    [
      'that has expired',
      { names: ['127.0.0.1'], validity: { from: -9, to: -2 } },
      { ca: authority.ca },
      /its certificate has expired/,
      /Renew/,
    ],
    [
      'that is not valid yet',
      { names: ['127.0.0.1'], validity: { from: 2, to: 9 } },
      { ca: authority.ca },
      /its certificate is not valid yet/,
      /clock/,
    ],
    [
      'of another host',
      { names: ['couch.example.org'] },
      { ca: authority.ca },
      /its certificate is for another name \(DNS:couch\.example\.org\)/,
      /COUCHDB_HOST/,
    ],
  ])('a certificate %s is refused with one message and its remedy', async (_, request, tls, message, remedy) => {
    await using proxy = await startHttpsProxy(couchdb.url, request === undefined ? good : authority.issue(request));
    await expect(ask(`https://127.0.0.1:${proxy.port}`, tls)).rejects.toMatchObject({
      ...{ code: 'COUCHDB_UNREACHABLE', passing: false },
      message: expect.stringMatching(message) as string,
      remedy: expect.stringMatching(remedy) as string,
    });
  });

  test('another authority than that of COUCHDB_CA_FILE is not trusted', async () => {
    await using proxy = await startHttpsProxy(couchdb.url, good);
    const failure = ask(`https://127.0.0.1:${proxy.port}`, { ca: createAuthority('another').ca });
    await expect(failure).rejects.toThrow(/not trusted/);
  });

  test('https where http is spoken is named as that', async () => {
    await expect(ask(couchdb.url.replace('http:', 'https:'), { ca: authority.ca })).rejects.toMatchObject({
      message: expect.stringMatching(/does not speak TLS/) as string,
      remedy: expect.stringMatching(/COUCHDB_SECURE=false/) as string,
      passing: false,
    });
  });

  test('http where https is spoken says so, too', async () => {
    await using proxy = await startHttpsProxy(couchdb.url, good);
    await expect(ask(`http://127.0.0.1:${proxy.port}`)).rejects.toMatchObject({
      code: 'COUCHDB_UNREACHABLE',
      remedy: expect.stringMatching(/COUCHDB_SECURE=true/) as string,
    });
  });

  test('what nginx answers to the wrong protocol or a missing certificate is understood', () => {
    const answer = (title: string) =>
      statusError('https://h/_session', { statusCode: 400, headers: {} }, `<html><title>400 ${title}</title></html>`)
        .remedy;
    expect(answer('The plain HTTP request was sent to HTTPS port')).toContain('COUCHDB_SECURE=true');
    expect(answer('No required SSL certificate was sent')).toContain('COUCHDB_CERT_FILE');
  });

  test('a server that asks who comes is shown the certificate of COUCHDB_CERT_FILE', async () => {
    await using proxy = await startHttpsProxy(couchdb.url, {
      ...good,
      ca: authority.ca,
      requestCert: true,
      rejectUnauthorized: true,
    });
    const url = `https://127.0.0.1:${proxy.port}`;
    const certificate = authority.issue({ names: ['cht-sync'] });
    await expect(ask(url, { ca: authority.ca, certificate })).resolves.toMatchObject({ documents: 0 });
    const refused = {
      code: 'COUCHDB_UNREACHABLE',
      message: expect.stringMatching(/closed the connection without an answer|refuses the certificate/) as string,
      remedy: expect.stringMatching(/COUCHDB_CERT_FILE/) as string,
    };
    await expect(ask(url, { ca: authority.ca })).rejects.toMatchObject(refused);
    const foreign = createAuthority('another').issue({ names: ['cht-sync'] });
    await expect(ask(url, { ca: authority.ca, certificate: foreign })).rejects.toMatchObject(refused);
  });
});
