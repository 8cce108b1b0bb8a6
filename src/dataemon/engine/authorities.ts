import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { rootCertificates } from 'node:tls';
import type { PostgresConnection } from '../../postgres/index.js';

/**
 * The connection as dbt is to make it. libpq knows no authorities by itself where Node does, so those of Node are written
 * to a file: what couch2pg trusts, dbt trusts, too.
 *
 * @param folder - where the file is put; made if it is not there.
 */
export function withAuthorities(connection: PostgresConnection, folder: string): PostgresConnection {
  const isChecked = connection.sslmode === 'verify-ca' || connection.sslmode === 'verify-full';
  if (!isChecked || connection.caFile !== undefined) return connection;
  mkdirSync(folder, { recursive: true });
  const caFile = join(folder, 'authorities.pem');
  writeFileSync(caFile, `${rootCertificates.join('\n')}\n`);
  return { ...connection, caFile };
}
