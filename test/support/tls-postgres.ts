import { chmod, chown, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startEmbeddedPostgres } from '../../src/embedded/index.js';
import type { PostgresConnection } from '../../src/postgres/index.js';
import type { Certificate } from './certificates.js';
import { freePort } from './global-postgres.js';
import { createTemporaryFolder } from './temporary-folder.js';

/** A PostgreSQL of a test's own that offers TLS, and whose certificate may be changed. */
export interface TlsPostgres extends AsyncDisposable {
  readonly connection: PostgresConnection;
  /** A folder for the files of the client. */
  readonly folder: string;
  /** Starts it anew with another certificate, or with rules of pg_hba.conf before its own. */
  restart(certificate: Certificate, rules?: string): Promise<void>;
  /** Writes a file for the client and gives its path. */
  file(name: string, text: string): Promise<string>;
}

/** Starts a PostgreSQL with a certificate; `ca` is the authority whose clients it trusts. */
export async function startTlsPostgres(first: Certificate, ca: string): Promise<TlsPostgres> {
  const { path: folder, ...temporary } = await createTemporaryFolder();
  const port = await freePort();
  const place = { folder: join(folder, 'postgres'), port };
  const data = join(place.folder, 'data');
  // The first start makes the data folder, to which the files of the server must belong.
  let server = await startEmbeddedPostgres({ ...place, settings: { fsync: 'off' } });
  const { host, user, password } = server;
  const hba = await readFile(join(data, 'pg_hba.conf'), 'utf8');
  const write = async (name: string, text: string) => {
    const { uid, gid } = await stat(data);
    await writeFile(join(data, name), text);
    await chmod(join(data, name), 0o600);
    await chown(join(data, name), uid, gid);
  };
  const restart = async ({ cert, key }: Certificate, rules = '') => {
    await server.stop();
    await write('server.crt', cert);
    await write('server.key', key);
    await write('root.crt', ca);
    await write('pg_hba.conf', `${rules}\n${hba}`);
    server = await startEmbeddedPostgres({ ...place, settings: { fsync: 'off', ssl: 'on', ssl_ca_file: 'root.crt' } });
  };
  await restart(first);
  return {
    connection: { host, port, user, password, database: 'postgres' },
    folder,
    restart,
    file: async (name, text) => {
      const path = join(folder, name);
      await writeFile(path, text, { mode: 0o600 });
      return path;
    },
    [Symbol.asyncDispose]: async () => {
      await server.stop();
      await temporary[Symbol.asyncDispose]();
    },
  };
}
