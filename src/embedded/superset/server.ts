import { spawn, type ChildProcess } from 'node:child_process';
import { mkdir, open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SyncError, waitAtMost, type Clock } from '../../lib/index.js';
import { keptSecret } from '../kept-secret.js';

/** What an embedded Superset is started with. */
export interface EmbeddedSupersetOptions {
  /** The folder for its database, secrets and log; made if it is not there. */
  readonly folder: string;
  /** The port on 127.0.0.1. */
  readonly port: number;
  /** The interpreter of the Python environment that Superset is installed in. */
  readonly python: string;
  /** The folder with `serve.py` and `superset_config.py`. */
  readonly programFolder: string;
  readonly clock: Clock;
  /** Ends a start that is under way. */
  readonly signal?: AbortSignal;
}

/** A running embedded Superset and how to sign in to it as an admin. */
export interface EmbeddedSuperset {
  readonly url: string;
  readonly user: string;
  /** The password its admin was made with. */
  readonly password: string;
  readonly passwordFile: string;
  readonly logFile: string;
  /** Resolves when it has ended, however that came about. */
  readonly ended: Promise<void>;
  /** Stops it. */
  stop(): Promise<void>;
}

const user = 'admin';
const host = '127.0.0.1';
/** The first start makes some 250 migrations of Superset's own database, on a slow machine in minutes. */
const startLimitMs = 10 * 60_000;
const stopLimitMs = 8_000;
const shownLines = 15;

/**
 * Starts Superset on 127.0.0.1, making its database and admin the first time. It ends with this process, even if that is
 * killed.
 *
 * @throws SyncError EMBEDDED_FAILED with Superset's own words when it does not come up.
 */
export async function startEmbeddedSuperset(options: EmbeddedSupersetOptions): Promise<EmbeddedSuperset> {
  const { folder, port, clock } = options;
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await keptSecret(join(folder, 'secret-key'), 42);
  const passwordFile = join(folder, 'admin-password');
  const password = await keptSecret(passwordFile, 18);
  const logFile = join(folder, 'superset.log');
  const child = await spawnServer(options, logFile);
  const ended = new Promise<void>((resolve) => {
    child.on('close', () => resolve());
    child.on('error', () => resolve());
  });
  const url = `http://${host}:${port}`;
  const stop = () => stopServer(child, ended, clock);
  try {
    await untilUp({ ...options, child, ended, logFile });
  } catch (error) {
    await stop();
    throw error;
  }
  return { url, user, password, passwordFile, logFile, ended, stop };
}

async function spawnServer(
  { folder, port, python, programFolder }: EmbeddedSupersetOptions,
  logFile: string,
): Promise<ChildProcess> {
  const log = await open(logFile, 'w', 0o600);
  try {
    return spawn(python, [join(programFolder, 'serve.py'), String(port)], {
      cwd: folder,
      // The pipe ends with this process, and with it Superset. What the user has set for CHT Sync is none of its business.
      stdio: ['pipe', log.fd, log.fd, 'pipe'],
      // Ctrl-C in the terminal is for CHT Sync, which then stops it.
      detached: true,
      env: {
        PATH: process.env.PATH,
        HOME: folder,
        TZ: process.env.TZ,
        LANG: 'C.UTF-8',
        PYTHONUNBUFFERED: '1',
        PYTHONWARNINGS: 'ignore',
        SUPERSET_HOME: folder,
        SUPERSET_CONFIG_PATH: join(programFolder, 'superset_config.py'),
        CHT_SYNC_SUPERSET_FOLDER: folder,
      },
    });
  } finally {
    await log.close();
  }
}

interface Waiting extends EmbeddedSupersetOptions {
  readonly child: ChildProcess;
  readonly ended: Promise<void>;
  readonly logFile: string;
}

async function untilUp({ child, ended, logFile, clock, signal }: Waiting): Promise<void> {
  const up = new Promise<'up'>((resolve) => child.stdio[3]?.once('data', () => resolve('up')));
  const enough = new AbortController();
  const reached = await Promise.race([
    up,
    ended.then(() => 'ended' as const),
    clock.sleep(startLimitMs, AbortSignal.any([enough.signal, ...(signal === undefined ? [] : [signal])])),
  ]).finally(() => enough.abort());
  signal?.throwIfAborted();
  if (reached === 'ended')
    throw await failed(`ended with ${child.exitCode ?? child.signalCode ?? 'an error'}`, logFile);
  if (reached !== 'up') throw await failed(`was not up within ${startLimitMs / 60_000} minutes`, logFile);
}

async function failed(what: string, logFile: string): Promise<SyncError> {
  const lines = (await readFile(logFile, 'utf8').catch(() => '')).trim().split('\n');
  return new SyncError(
    'EMBEDDED_FAILED',
    `Superset ${what}. The end of its log:\n  ${lines.slice(-shownLines).join('\n  ')}`,
    { remedy: `See ${logFile}; a port that is taken is changed with SUPERSET_PORT.` },
  );
}

async function stopServer(child: ChildProcess, ended: Promise<void>, clock: Clock): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM');
  await waitAtMost(clock, stopLimitMs, ended);
  if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
  child.stdin?.destroy();
  await ended;
}
