import { spawnSync } from 'node:child_process';
import { chmod, chown, mkdtemp, mkdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { startEmbeddedPostgres, type EmbeddedPostgres } from '../../../src/embedded/index.js';
import type { TestDatabase } from '../../support/database.js';
import { freePort } from '../../support/global-postgres.js';

/** A PostgreSQL of a test's own, which it may stop, crash and fill. */
export interface OwnPostgres extends AsyncDisposable {
  /** Makes a database in it, on a small disk if one could be mounted and is asked for. */
  createDatabase(onSmallDisk?: boolean): Promise<TestDatabase>;
  /** Restarts it: connections are cut, transactions rolled back. */
  restart(): Promise<void>;
  /** Stops it as a power cut would, and starts it again: it has to recover. */
  crash(): Promise<void>;
  /** Stops it; `start` brings it back. */
  stop(): Promise<void>;
  start(): Promise<void>;
  /** Whether there is a small disk; if not, why. */
  readonly smallDisk: { readonly folder: string } | { readonly missing: string };
}

const smallDiskMegabytes = 24;

/** Starts a server with a few connections only. */
export async function startOwnPostgres(): Promise<OwnPostgres> {
  const folder = await mkdtemp(join(tmpdir(), 'cht-sync-own-postgres-'));
  await chmod(folder, 0o755);
  const port = await freePort();
  const boot = () => startEmbeddedPostgres({ folder, port, settings: { fsync: 'off', max_connections: '30' } });
  let server: EmbeddedPostgres = await boot();
  const pools: pg.Pool[] = [];
  const connection = (database: string) => ({
    ...{ host: server.host, port, user: server.user, password: server.password, database },
  });
  const smallDisk = await mountSmallDisk(join(folder, 'small-disk'), join(folder, 'data'));
  let made = 0;

  const crash = async () => {
    const [pid] = (await readFile(join(folder, 'data/postmaster.pid'), 'utf8')).split('\n');
    // What `pg_ctl stop -m immediate` sends: the server ends without a checkpoint.
    process.kill(Number(pid), 'SIGQUIT');
    await untilGone(Number(pid));
    server = await boot();
  };
  return {
    smallDisk,
    crash,
    restart: async () => {
      await server.stop();
      server = await boot();
    },
    stop: () => server.stop(),
    start: async () => {
      server = await boot();
    },
    createDatabase: async (onSmallDisk = false) => {
      const name = `own_${(made += 1)}`;
      const admin = new pg.Client(connection('postgres'));
      await admin.connect();
      if (onSmallDisk && 'folder' in smallDisk) {
        await admin.query(`CREATE TABLESPACE small LOCATION '${smallDisk.folder}'`);
      }
      await admin.query(`CREATE DATABASE ${name}${onSmallDisk ? ' TABLESPACE small' : ''}`);
      await admin.end();
      const pool = new pg.Pool({ ...connection(name), max: 3 });
      pool.on('error', () => undefined);
      pool.on('connect', (client) => client.on('error', () => undefined));
      pools.push(pool);
      return {
        url: '',
        connection: connection(name),
        pool,
        [Symbol.asyncDispose]: () => Promise.resolve(),
      };
    },
    [Symbol.asyncDispose]: async () => {
      await Promise.all(pools.map((pool) => pool.end()));
      await server.stop();
      if ('folder' in smallDisk) spawnSync('umount', [smallDisk.folder]);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** A disk in memory for the user that PostgreSQL runs as; only root may mount one. */
async function mountSmallDisk(folder: string, owned: string): Promise<OwnPostgres['smallDisk']> {
  await mkdir(folder);
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${smallDiskMegabytes}m`, 'cht-sync-test', folder]);
  if (mounted.status !== 0) return { missing: `a disk cannot be mounted here: ${String(mounted.stderr).trim()}` };
  const { uid, gid } = await stat(owned);
  await chown(folder, uid, gid);
  return { folder };
}

async function untilGone(pid: number): Promise<void> {
  for (;;) {
    try {
      process.kill(pid, 0);
    } catch {
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
