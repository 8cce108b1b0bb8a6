import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import type { Server } from '../servers/postgres.js';
import { copyColumns } from './copy-file.js';
import { createTables } from './create-tables.js';

const chunkBytes = 256 * 1024;

/** What a COPY took. */
export interface Copied {
  readonly ms: number;
  /** CPU of PostgreSQL, in seconds; null when it is not on this machine. */
  readonly cpu: number | null;
}

/**
 * Has PostgreSQL take the file by one COPY, on one connection and with one commit, into the table that couch2pg's
 * migrations make: the same columns, primary key and index, empty.
 */
export async function copyAlone(postgres: Server, file: string): Promise<Copied> {
  const connection = await postgres.createDatabase();
  await createTables(connection);
  const client = new pg.Client({ ...connection });
  await client.connect();
  await postgres.admin.query('CHECKPOINT');
  const cpuBefore = postgres.cpu();
  const started = performance.now();
  const copy = client.query(copyFrom(`COPY v1.couchdb (${copyColumns}) FROM STDIN`));
  await pipeline(createReadStream(file, { highWaterMark: chunkBytes }), copy);
  const ms = performance.now() - started;
  const cpuAfter = postgres.cpu();
  await client.end();
  await postgres.dropDatabase(connection);
  return { ms, cpu: cpuBefore === null || cpuAfter === null ? null : cpuAfter - cpuBefore };
}
