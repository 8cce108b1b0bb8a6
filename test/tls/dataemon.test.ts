import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { createLog } from '../../src/lib/index.js';
import { createPool, migrate } from '../../src/postgres/index.js';
import { tinyPackage, writeFiles } from '../dataemon/support/package.js';
import { createAuthority } from '../support/certificates.js';
import { Command } from '../support/command.js';
import { createTemporaryFolder } from '../support/temporary-folder.js';
import { startTlsPostgres } from '../support/tls-postgres.js';

const log = createLog({ level: 'silent', format: 'json', secrets: [] });

test('dataemon and dbt work with verify-full and a certificate of their own', async () => {
  const authority = createAuthority();
  const certificate = authority.issue({ names: ['127.0.0.1'] });
  await using server = await startTlsPostgres(certificate, authority.ca);
  await server.restart(
    certificate,
    'hostssl all all all scram-sha-256 clientcert=verify-ca\nhostnossl all all all reject',
  );
  await using folder = await createTemporaryFolder();
  const own = authority.issue({ names: ['cht-sync'] });
  const files = {
    caFile: await server.file('ca.pem', authority.ca),
    certFile: await server.file('own.crt', own.cert),
    keyFile: await server.file('own.key', own.key),
  };
  const connection = { ...server.connection, sslmode: 'verify-full', ...files } as const;
  const pool = createPool({ connection, applicationName: 'test', max: 1, log });
  try {
    await migrate({ pool, family: 'documents', schema: 'v1', table: 'couchdb', log });
    await pool.query(
      `INSERT INTO v1.couchdb (_id, saved_timestamp, doc) VALUES ('a', '2026-01-02', '{"type": "person"}')`,
    );
    await using command = new Command(['dataemon'], {
      folder: folder.path,
      env: {
        POSTGRES_HOST: connection.host,
        POSTGRES_PORT: String(connection.port),
        POSTGRES_USER: connection.user,
        POSTGRES_PASSWORD: connection.password,
        POSTGRES_DB: connection.database,
        POSTGRES_SSLMODE: 'verify-full',
        POSTGRES_CA_FILE: files.caFile,
        POSTGRES_CERT_FILE: files.certFile,
        POSTGRES_KEY_FILE: files.keyFile,
        DBT_LOCAL_PATH: await writeFiles(join(folder.path, 'package'), tinyPackage()),
      },
    });
    const rows = () => pool.query('SELECT uuid, type FROM v1.child').then((result) => result.rows as unknown[]);
    await vi.waitFor(async () => expect(await rows()).toEqual([{ uuid: 'a', type: 'PERSON' }]), {
      timeout: 120_000,
      interval: 200,
    });
    expect(command.warnings).toEqual([]);
  } finally {
    await pool.end();
  }
});
