import type { Config } from '../config/index.js';
import type { SourceStatus } from '../couch2pg/index.js';
import type { Dataemon, DataemonState, DataemonStatus } from '../dataemon/index.js';
import { messageOf, systemClock, type Log } from '../lib/index.js';
import {
  Cached,
  createMetrics,
  startMonitoring,
  type MonitoringServer,
  type StoredSample,
} from '../monitoring/index.js';
import type { PostgresConnection } from '../postgres/index.js';
import { dataemonSample, sourceSample } from './measure-samples.js';
import { freshMs, StoredReader, waitMs } from './stored-samples.js';
import { version } from './version.js';

/** Whose status is measured; a process that runs only one half leaves the other out. */
export interface Measured {
  readonly sources?: () => readonly SourceStatus[];
  readonly dataemon?: { readonly status: () => DataemonStatus; readonly states: readonly DataemonState[] };
  /** What seems never to go on by itself, a line each. */
  readonly stuck: () => readonly string[];
}

/** What monitoring is set up with. */
export type MonitorConfig = Pick<
  Config,
  'metricsHost' | 'metricsPort' | 'postgresSchema' | 'rootPostgresSchema' | 'postgresTable' | 'dbtSelector'
>;

/** A monitoring server, if it could be started. */
export interface Monitoring {
  /** Undefined when it is off or its port is taken. */
  readonly url: string | undefined;
  /** To be called when the dataemon's status has changed. */
  dataemonChanged(): void;
  /** To be called when a batch of documents of a source has been written. */
  batchWritten(source: string, durationMs: number): void;
  stop(): Promise<void>;
}

/** Serves metrics and health. A port that is taken is a warning: the sync is worth more than its metrics. */
export async function monitor(
  config: MonitorConfig,
  connection: PostgresConnection,
  measured: Measured,
  log: Log,
): Promise<Monitoring> {
  const { metricsHost: host, metricsPort: port } = config;
  const { sources, dataemon, stuck } = measured;
  const reader = new StoredReader({ connection, ...placeOf(config) }, log);
  const stored = new Cached<StoredSample>(() => reader.read(wanted(measured)), { freshMs, waitMs, clock: systemClock });
  const metrics = createMetrics(version(), {
    sources: sources && (() => sources().map((status) => sourceSample(status, systemClock.now()))),
    dataemon: dataemon && (() => dataemonSample(dataemon.status(), dataemon.states)),
    stored: () => stored.get(),
  });
  let server: MonitoringServer | undefined;
  try {
    if (port !== 0) {
      server = await startMonitoring({ host, port, metrics, stuck, waitingFor: () => waitingFor(measured) });
    }
  } catch (error) {
    const cause = `METRICS_HOST ${host}, METRICS_PORT ${port}: ${messageOf(error)}`;
    log.warn(`No metrics and no health are served (${cause}). Set METRICS_PORT to a free port, or to 0 for none.`);
  }
  return {
    url: server?.url,
    dataemonChanged: () => metrics.dataemonChanged(),
    batchWritten: (source, durationMs) => metrics.batchWritten(source, durationMs),
    stop: async () => {
      await server?.stop();
      await reader.close();
    },
  };
}

function placeOf({ postgresSchema, rootPostgresSchema, postgresTable, dbtSelector }: MonitorConfig) {
  return { schema: postgresSchema, rootSchema: rootPostgresSchema, table: postgresTable, selector: dbtSelector };
}

/** What another process writes is that one's to show. */
function wanted({ sources, dataemon }: Measured) {
  const written = (sources?.() ?? []).filter(({ state }) => state !== 'standby');
  return {
    sources: written.map(({ source }) => source),
    models: dataemon !== undefined && !dataemon.status().isStandby,
  };
}

/** Why a dataemon seems never to go on by itself; empty while it does. */
export function stuckOf({ stuck }: Pick<Dataemon, 'stuck'>): string[] {
  return stuck === undefined ? [] : [stuck];
}

/**
 * What keeps it from being ready, a line each: a source that is not followed up to now, models that are not up to date. That
 * another process does it is as good.
 */
export function waitingFor({ sources, dataemon }: Pick<Measured, 'sources' | 'dataemon'>): string[] {
  const reasons = (sources?.() ?? [])
    .filter(({ state }) => state !== 'live' && state !== 'standby')
    .map(({ source, state, error }) => `${source} is ${state}${error === null ? '' : ` [${error.code}]`}`);
  const models = dataemon?.status();
  if (models !== undefined) {
    const isFollowing = models.state === 'idle' || (models.state === 'running' && models.upToDateWith !== null);
    if (!isFollowing && !models.isStandby) reasons.push(`the models: ${models.state}`);
    if (models.error !== null) reasons.push(`the models: ${models.error.message} [${models.error.code}]`);
  }
  return reasons;
}
