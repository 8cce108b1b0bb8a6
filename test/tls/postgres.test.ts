import pg from 'pg';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { classifyPostgresError, clientConfig, type PostgresConnection } from '../../src/postgres/index.js';
import { createAuthority } from '../support/certificates.js';
import { startTlsPostgres, type TlsPostgres } from '../support/tls-postgres.js';

describe('PostgreSQL and sslmode', () => {
  const authority = createAuthority();
  const good = authority.issue({ names: ['127.0.0.1'] });
  let server: TlsPostgres;
  let caFile: string;

  beforeAll(async () => {
    server = await startTlsPostgres(good, authority.ca);
    caFile = await server.file('ca.pem', authority.ca);
  });
  afterAll(() => server[Symbol.asyncDispose]());

  /** Connects, and tells whether the connection is encrypted and who the server takes the client for. */
  async function connect(more: Partial<PostgresConnection>) {
    const client = new pg.Client(clientConfig({ ...server.connection, ...more }, 'test'));
    try {
      await client.connect();
      const { rows } = await client.query<{ ssl: boolean; client: string | null }>(
        'SELECT ssl, client_dn AS client FROM pg_stat_ssl WHERE pid = pg_backend_pid()',
      );
      return rows[0];
    } catch (error) {
      throw classifyPostgresError(error, 'connecting');
    } finally {
      await client.end().catch(() => undefined);
    }
  }

  const refusal = (message: RegExp, remedy: RegExp) => ({
    ...{ code: 'POSTGRES_UNREACHABLE', passing: false },
    message: expect.stringMatching(message) as string,
    remedy: expect.stringMatching(remedy) as string,
  });

  test('disable is not encrypted, the others are', async () => {
    await expect(connect({ sslmode: 'disable' })).resolves.toMatchObject({ ssl: false });
    await expect(connect({ sslmode: 'require' })).resolves.toMatchObject({ ssl: true });
    await expect(connect({ sslmode: 'verify-ca', caFile })).resolves.toMatchObject({ ssl: true });
    await expect(connect({ sslmode: 'verify-full', caFile })).resolves.toMatchObject({ ssl: true });
  });

  test('an authority that is not trusted is refused by all that check it, also by require with a CA file', async () => {
    const other = await server.file('other.pem', createAuthority('another').ca);
    const refused = refusal(/its certificate is of an authority that is not trusted/, /POSTGRES_CA_FILE/);
    await expect(connect({ sslmode: 'verify-full' })).rejects.toMatchObject(refused);
    await expect(connect({ sslmode: 'verify-full', caFile: other })).rejects.toMatchObject(refused);
    await expect(connect({ sslmode: 'verify-ca', caFile: other })).rejects.toMatchObject(refused);
    await expect(connect({ sslmode: 'require', caFile: other })).rejects.toMatchObject(refused);
  });

  test('the name is checked by verify-full alone, where the host is an address, too', async () => {
    await server.restart(authority.issue({ names: ['localhost', 'db.example.org'] }));
    const refused = refusal(
      /its certificate is for another name \(DNS:localhost, DNS:db\.example\.org\)/,
      /POSTGRES_HOST/,
    );
    await expect(connect({ sslmode: 'verify-full', caFile })).rejects.toMatchObject(refused);
    await expect(connect({ sslmode: 'verify-full', caFile, host: 'localhost' })).resolves.toMatchObject({ ssl: true });
    await expect(connect({ sslmode: 'verify-ca', caFile })).resolves.toMatchObject({ ssl: true });
  });

  test('a certificate that has expired is named as that', async () => {
    await server.restart(authority.issue({ names: ['127.0.0.1'], validity: { from: -9, to: -2 } }));
    await expect(connect({ sslmode: 'verify-full', caFile })).rejects.toMatchObject(refusal(/has expired/, /Renew/));
  });

  test('a server that takes encrypted connections only says which option that is', async () => {
    await server.restart(good, 'hostssl all all all scram-sha-256\nhostnossl all all all reject');
    await expect(connect({ sslmode: 'require' })).resolves.toMatchObject({ ssl: true });
    await expect(connect({ sslmode: 'disable' })).rejects.toMatchObject(refusal(/no encryption/, /POSTGRES_SSLMODE/));
  });

  test('a server that asks for a certificate is shown that of POSTGRES_CERT_FILE', async () => {
    await server.restart(good, 'hostssl all all all scram-sha-256 clientcert=verify-ca');
    const own = authority.issue({ names: ['cht-sync'] });
    const files = { certFile: await server.file('own.crt', own.cert), keyFile: await server.file('own.key', own.key) };
    const encrypted = { sslmode: 'verify-full', caFile } as const;
    await expect(connect({ ...encrypted, ...files })).resolves.toMatchObject({ client: '/CN=cht-sync' });
    await expect(connect(encrypted)).rejects.toMatchObject(refusal(/certificate/, /POSTGRES_CERT_FILE/));
  });

  test('a server without TLS is named as that', async () => {
    const { hostname: host, port } = new URL(inject('postgresUrl'));
    await expect(connect({ sslmode: 'require', host, port: Number(port) })).rejects.toMatchObject(
      refusal(/does not support SSL/, /POSTGRES_SSLMODE=disable/),
    );
  });
});
