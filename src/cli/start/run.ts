import { join } from 'node:path';
import { secretsOf, type Config, type Reading } from '../../config/index.js';
import { createCouch2pg, type Couch2pg } from '../../couch2pg/index.js';
import { createDataemon, dataemonStates, type Dataemon } from '../../dataemon/index.js';
import { createLog, SyncError, systemClock, type Log } from '../../lib/index.js';
import { logWarnings } from '../command-log.js';
import { couch2pgOptions, dataemonOptions, packageSource } from '../connections.js';
import { monitor, stuckOf } from '../measure.js';
import { listenForStop, type StopSignal } from '../stop-signal.js';
import type { CliSurroundings } from '../surroundings.js';
import { version } from '../version.js';
import { Cleanup } from './cleanup.js';
import { takeDataFolder } from './data-folder.js';
import { publishAddresses, type Addresses } from './addresses.js';
import { dataFolderOf, fill, setUpOrigin, setUpTarget } from './demonstration.js';
import type { Origin, SetUpOptions, Target } from './demonstration.js';
import { startLines, startScreen } from './display.js';
import { guideFor } from './guide.js';
import { createScreenLog } from './screen-log.js';
import { Steps } from './steps.js';
import type { Summary } from './summary.js';
import { CaughtUpWatch, type Verdict } from './verdict.js';
import { runSuperset, type RunningSuperset } from './superset.js';
import type { Guide, SupersetPlace, View } from './view.js';

/** What `start` is told. */
export interface StartOptions {
  readonly config: Config;
  readonly reading: Reading;
  readonly surroundings: CliSurroundings;
  readonly exitWhenCaughtUp: boolean;
  /** Whether a Superset with the dashboards is run beside it. */
  readonly superset: boolean;
}

const lookEveryMs = 100;

/** The parts that run, as far as they have begun. */
interface Running {
  couch2pg?: Couch2pg;
  dataemon?: Dataemon;
  guide?: Guide;
  superset?: SupersetPlace;
  phase: View['phase'];
}

/**
 * Runs everything in this process until it is told to stop or, if asked for, until all is in the models.
 *
 * @returns what was reached; undefined when it was stopped before anything could be said.
 * @throws SyncError ALREADY_RUNNING, EMBEDDED_FAILED and what keeps the embedded servers from being set up.
 */
export async function runStart(options: StartOptions): Promise<Summary | undefined> {
  const { config, reading, surroundings } = options;
  const cleanup = new Cleanup();
  let stop: StopSignal | undefined;
  const running: Running = { phase: 'running' };
  const steps = new Steps();
  try {
    const dataFolder = await takeDataFolder(dataFolderOf(config, surroundings.folder));
    cleanup.add(() => dataFolder.release());
    // The passwords of the embedded servers join them as soon as they are known.
    const secrets = secretsOf(config);
    const output = openOutput(options, secrets, dataFolder.path, cleanup);
    const { log } = output;
    logWarnings(reading, log);
    const listening = listenForStop(surroundings, () => {
      running.phase = 'stopping';
      log.info('stopping');
    });
    stop = listening;
    cleanup.add(() => listening.release());
    const view = (): View => ({
      version: version(),
      steps: steps.list(),
      sources: running.couch2pg?.status() ?? [],
      dataemon: running.dataemon?.status(),
      warnings: output.warnings(),
      superset: running.superset,
      guide: running.guide,
      phase: running.phase,
    });
    const display = output.isScreen ? startScreen(surroundings.stderr, view) : startLines(log, view);
    cleanup.add(() => {
      running.phase = 'stopped';
      display.close();
    });
    return await setUpAndSync(options, {
      running,
      steps,
      log,
      cleanup,
      secrets,
      stop: listening.signal,
      dataFolder: dataFolder.path,
      logFile: output.file,
    });
  } catch (error) {
    // Ctrl-C reaches the programs of the set-up too, and ends them: that is no failure.
    if (stop?.signal.aborted === true && (error instanceof SyncError || isAbort(error))) return undefined;
    throw error;
  } finally {
    running.phase = 'stopping';
    await cleanup.run();
  }
}

function isAbort(error: unknown): boolean {
  return error instanceof Error && error.name === 'AbortError';
}

interface Setting {
  readonly running: Running;
  readonly steps: Steps;
  readonly log: Log;
  readonly cleanup: Cleanup;
  readonly stop: AbortSignal;
  readonly secrets: string[];
  readonly dataFolder: string;
  readonly logFile: string | undefined;
}

async function setUpAndSync(options: StartOptions, setting: Setting): Promise<Summary | undefined> {
  const { config, reading, surroundings } = options;
  const { running, steps, log, cleanup, secrets, stop, dataFolder } = setting;
  const began = systemClock.now();
  const setUp: SetUpOptions = { config, reading, folder: surroundings.folder, dataFolder, log, cleanup };
  const target = await steps.run('Starting PostgreSQL', () => setUpTarget(setUp));
  secrets.push(target.connection.password);
  stop.throwIfAborted();
  const origin = await steps.run('Starting the source', () => setUpOrigin(setUp));
  if (origin.embedded !== undefined) secrets.push(origin.embedded.password);
  cleanup.add(await publishAddresses(dataFolder, addressesOf(target, origin)));
  stop.throwIfAborted();

  const halt = new AbortController();
  const signal = AbortSignal.any([stop, halt.signal]);
  const dataemon = createDataemon(dataemonOptions(config, surroundings, target.connection, log));
  const measured = {
    sources: () => running.couch2pg?.status() ?? [],
    dataemon: { states: dataemonStates, status: () => dataemon.status() },
    stuck: () => [...(running.couch2pg?.stuck() ?? []), ...stuckOf(dataemon)],
  };
  const monitoring = await monitor(config, target.connection, measured, log);
  cleanup.add(() => monitoring.stop());
  dataemon.onChange(() => monitoring.dataemonChanged());
  running.dataemon = dataemon;
  // dbt gets ready while the source is filled.
  const modelling = dataemon.run(signal);
  const superset = options.superset
    ? runSuperset({
        ...{ config, dataFolder, target, dataemon, steps, log, signal },
        portIsOwn: reading.given('supersetPort'),
        onUp: async (place, reader) => {
          running.superset = place;
          const { url, user, password } = place;
          const addresses = { access: place, ...(reader === undefined ? {} : { reader }) };
          await publishAddresses(dataFolder, { ...addressesOf(target, origin), superset: addresses });
          log.info(`look at the dashboards: ${url} as ${user}, password ${password}`);
        },
      })
    : undefined;
  try {
    const filled = await steps.run('Filling the source', (progress) =>
      fill(origin, signal, ({ written, total }) => progress(written, total)),
    );
    const couch2pg = createCouch2pg(
      couch2pgOptions(config, { couchdb: origin.couchdb, postgres: target.connection }, log),
    );
    couch2pg.onBatch((source, durationMs) => monitoring.batchWritten(source, durationMs));
    running.couch2pg = couch2pg;
    const hasSample = config.couchdbDbs.includes('medic') && packageSource(config, '').kind === 'bundled';
    running.guide = guideFor({
      connection: target.connection,
      schema: config.postgresSchema,
      passwordFile: target.passwordFile,
      sample: origin.embedded && filled && hasSample ? { ...origin.embedded, filled } : undefined,
      metricsUrl: monitoring.url,
      logFile: setting.logFile,
    });
    const syncing = couch2pg.run(signal);
    const verdict = await Promise.race([
      options.exitWhenCaughtUp ? watch(couch2pg, dataemon, superset, signal) : never(),
      syncing.then((): Verdict => ({ kind: 'working' })),
    ]);
    const { postgresSchema: schema, postgresTable: table } = config;
    const summary = { verdict, durationMs: systemClock.now() - began, connection: target.connection, schema, table };
    const reached = { ...summary, sources: couch2pg.status(), dataemon: dataemon.status() };
    running.phase = 'stopping';
    halt.abort();
    await syncing;
    return reached;
  } finally {
    running.phase = 'stopping';
    halt.abort();
    await Promise.all([modelling, superset?.stopped]);
  }
}

/** Of the embedded servers only: others are named by the configuration. */
function addressesOf({ connection, passwordFile }: Target, { embedded }: Origin): Addresses {
  const { host, port, user, password, database } = connection;
  return {
    ...(passwordFile === undefined ? {} : { postgres: { host, port, user, password, database } }),
    ...(embedded === undefined
      ? {}
      : { couchdb: { url: embedded.url, credentials: { user: embedded.user, password: embedded.password } } }),
  };
}

/** Looks until it is decided; undecided when it is told to stop. */
async function watch(
  couch2pg: Couch2pg,
  dataemon: Dataemon,
  superset: RunningSuperset | undefined,
  signal: AbortSignal,
): Promise<Verdict> {
  const watcher = new CaughtUpWatch();
  let verdict: Verdict = { kind: 'working' };
  while (verdict.kind === 'working' && !signal.aborted) {
    await systemClock.sleep(lookEveryMs, signal);
    verdict = watcher.look(couch2pg.status(), dataemon.status(), systemClock.now());
  }
  if (verdict.kind === 'caught-up') await superset?.installed;
  return signal.aborted ? { kind: 'working' } : verdict;
}

function never(): Promise<never> {
  return new Promise(() => undefined);
}

interface Output {
  readonly log: Log;
  readonly isScreen: boolean;
  readonly file: string | undefined;
  readonly warnings: () => readonly string[];
}

/** A screen with a log file beside it on a terminal; otherwise log lines. */
function openOutput(
  { config, surroundings }: StartOptions,
  secrets: readonly string[],
  dataFolder: string,
  cleanup: Cleanup,
): Output {
  const { stderr, env } = surroundings;
  const isPlain = !stderr.isTTY || (env.CI ?? '') !== '' || env.TERM === 'dumb';
  if (isPlain || config.logFormat === 'json') {
    const format = config.logFormat === 'json' ? 'json' : 'text';
    const log = createLog({ level: config.logLevel, format, secrets, destination: stderr });
    return { log, isScreen: false, file: undefined, warnings: () => [] };
  }
  const file = join(dataFolder, 'cht-sync.log');
  const screenLog = createScreenLog(file, { level: config.logLevel, secrets });
  cleanup.add(() => screenLog.close());
  return { log: screenLog.log, isScreen: true, file, warnings: () => screenLog.warnings() };
}
