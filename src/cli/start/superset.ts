import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Config } from '../../config/index.js';
import { fingerprintOf, installDashboards, type DashboardConnection } from '../../dashboards/index.js';
import type { Dataemon } from '../../dataemon/index.js';
import { startEmbeddedSuperset, type EmbeddedSuperset } from '../../embedded/index.js';
import { messageOf, SyncError, systemClock, untilAborted, type Log } from '../../lib/index.js';
import { projectPlaces } from '../places.js';
import type { Target } from './demonstration.js';
import { freePortFrom } from './free-port.js';
import { makeReader } from './reader.js';
import type { Steps } from './steps.js';
import type { SupersetPlace } from './view.js';

/** What the Superset of `start` is run with. */
export interface SupersetSetting {
  readonly config: Config;
  readonly portIsOwn: boolean;
  readonly dataFolder: string;
  readonly target: Target;
  readonly dataemon: Dataemon;
  readonly steps: Steps;
  readonly log: Log;
  readonly signal: AbortSignal;
  /** Told when it is up, with the role that it reads PostgreSQL as, if that is one of its own. */
  readonly onUp: (place: SupersetPlace, reader?: { user: string; password: string }) => Promise<void>;
}

const lookEveryMs = 500;

/** The Superset of `start`, which runs beside all else. */
export interface RunningSuperset {
  /** Resolves when the dashboards are installed, or cannot be. */
  readonly installed: Promise<void>;
  /** Resolves when it has stopped, after the signal. */
  readonly stopped: Promise<void>;
}

/** Runs Superset beside the sync until the signal; what fails of it is logged, and disturbs nothing else. */
export function runSuperset(setting: SupersetSetting): RunningSuperset {
  let tell: () => void = () => undefined;
  const installed = new Promise<void>((resolve) => (tell = resolve));
  const stopped = run(setting, tell)
    .catch((error: unknown) => {
      if (setting.signal.aborted) return;
      const words = error instanceof SyncError ? error.describe() : messageOf(error);
      setting.log.error(`the dashboards cannot be shown: ${words}`);
    })
    .finally(tell);
  return { installed, stopped };
}

async function run(setting: SupersetSetting, onInstalled: () => void): Promise<void> {
  const { steps, log, signal } = setting;
  const server = await steps.attempt('Starting Superset', () => start(setting));
  try {
    await modelsAreThere(setting);
    if (signal.aborted) return;
    await steps.attempt('Installing the dashboards', () => installAndTell(setting, server));
    onInstalled();
    const end = await Promise.race([server.ended.then(() => 'ended'), untilAborted(signal)]);
    if (end === 'ended') log.error(`Superset has ended; its log is ${server.logFile}. A start brings it back.`);
  } finally {
    await server.stop();
  }
}

async function start({ config, portIsOwn, dataFolder, log, signal }: SupersetSetting): Promise<EmbeddedSuperset> {
  const wanted = config.supersetPort;
  const port = portIsOwn ? wanted : await freePortFrom(wanted);
  if (port !== wanted) log.warn(`Port ${wanted} is in use: Superset listens on ${port}.`);
  return startEmbeddedSuperset({
    ...{ folder: supersetFolder(dataFolder), port, clock: systemClock, signal },
    ...{ python: projectPlaces.supersetPython, programFolder: projectPlaces.supersetProgram },
  });
}

/** Charts on tables that are not there would show errors. */
async function modelsAreThere({ dataemon, signal }: SupersetSetting): Promise<void> {
  const areThere = () => {
    const { state, models } = dataemon.status();
    return state === 'idle' && models.length > 0;
  };
  while (!areThere() && !signal.aborted) await systemClock.sleep(lookEveryMs, signal);
}

async function installAndTell(setting: SupersetSetting, server: EmbeddedSuperset): Promise<void> {
  const { config, dataFolder, target, log, onUp } = setting;
  const { url, user, password } = server;
  const isEmbedded = target.passwordFile !== undefined;
  const { rootPostgresSchema: rawSchema, postgresSchema: schema, postgresTable: table } = config;
  const place = { rawSchema, schema, table };
  const reader = isEmbedded
    ? await makeReader({ connection: target.connection, place, dataFolder, clock: systemClock })
    : undefined;
  const connection = connectionFor(setting, reader);
  const deployment = { connection, schema };
  const folder = projectPlaces.dashboards;
  // Only when something is new: what the user has changed in our dashboards is kept from start to start.
  const file = join(supersetFolder(dataFolder), 'installed');
  const now = hashed(await fingerprintOf(folder, deployment));
  if ((await readFile(file, 'utf8').catch(() => '')) !== now) {
    await installDashboards({ ...deployment, access: { url, user, password }, folder, log });
    await writeFile(file, now, { mode: 0o600 });
  }
  await onUp({ url, user, password }, reader);
}

function connectionFor(
  { config, target }: SupersetSetting,
  reader: { user: string; password: string } | undefined,
): DashboardConnection {
  const { host, port, user, password, database, sslmode } = target.connection;
  return {
    host: config.supersetDbHost ?? host,
    port: config.supersetDbPort ?? port,
    user: config.supersetDbUser ?? reader?.user ?? user,
    password: config.supersetDbPassword ?? reader?.password ?? password,
    database,
    ...(sslmode === undefined ? {} : { sslmode }),
  };
}

function hashed(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function supersetFolder(dataFolder: string): string {
  return join(dataFolder, 'superset');
}
