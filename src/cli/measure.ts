import { sourceStates, type SourceState, type SourceStatus } from '../couch2pg/index.js';
import type { DataemonStatus } from '../dataemon/index.js';
import { messageOf, type Log } from '../lib/index.js';
import {
  createMetrics,
  startMonitoring,
  type ModelSample,
  type MonitoringServer,
  type Readiness,
  type SourceSample,
  type TestSample,
} from '../monitoring/index.js';
import { version } from './version.js';

/** Whose status is measured; a process that runs only one half leaves the other out. */
export interface Measured {
  readonly sources?: () => readonly SourceStatus[];
  readonly dataemon?: () => DataemonStatus;
}

/** A monitoring server, if it could be started. */
export interface Monitoring {
  /** Undefined when it is off or its port is taken. */
  readonly url: string | undefined;
  /** To be called when the dataemon's status has changed. */
  modelsChanged(): void;
  stop(): Promise<void>;
}

/** Serves metrics and health. A port that is taken is a warning: the sync is worth more than its metrics. */
export async function monitor(
  { metricsHost, metricsPort }: { readonly metricsHost: string; readonly metricsPort: number },
  measured: Measured,
  log: Log,
): Promise<Monitoring> {
  const metrics = createMetrics(version(), {
    sources: () => (measured.sources?.() ?? []).map(sourceSample),
    models: () => modelSamples(measured.dataemon?.()),
    tests: () => testSamples(measured.dataemon?.()),
  });
  let server: MonitoringServer | undefined;
  try {
    const place = { host: metricsHost, port: metricsPort };
    if (metricsPort !== 0) server = await startMonitoring({ ...place, metrics, readiness: () => readiness(measured) });
  } catch (error) {
    const cause = `METRICS_HOST ${metricsHost}, METRICS_PORT ${metricsPort}: ${messageOf(error)}`;
    log.warn(`No metrics and no health are served (${cause}). Set METRICS_PORT to a free port, or to 0 for none.`);
  }
  return {
    url: server?.url,
    modelsChanged: () => metrics.modelsChanged(),
    stop: async () => server?.stop(),
  };
}

/** A standby's source is followed by the process it stands by. */
const following: ReadonlySet<SourceState> = new Set(['snapshot', 'regressed', 'catching-up', 'live', 'standby']);

function sourceSample(status: SourceStatus): SourceSample {
  const { source, state, sequence, pending, written, unchanged, regressions, rejected, replacedCharacters, lagMs } =
    status;
  const sample = { source, state, sequence, pending, written, unchanged, regressions, rejected, replacedCharacters };
  return { ...sample, states: sourceStates, up: following.has(state), lagMs };
}

function modelSamples(status: DataemonStatus | undefined): ModelSample[] {
  return (status?.models ?? []).map(({ name, status: state, rows, lastRunAt, durationMs }) => ({
    name,
    failed: state === 'failed',
    rows,
    lastRunAt: lastRunAt === null ? null : Date.parse(lastRunAt),
    durationMs,
  }));
}

function testSamples(status: DataemonStatus | undefined): TestSample[] {
  const lastRunAt = status?.tests?.lastRunAt ?? null;
  return (status?.tests?.tests ?? []).map(({ name, status: state }) => ({
    name,
    failed: state === 'failed',
    lastRunAt: lastRunAt === null ? null : Date.parse(lastRunAt),
  }));
}

/** Ready: every source is followed up to now, and the models have been brought up to date. */
export function readiness({ sources, dataemon }: Measured): Readiness {
  const waitingFor = (sources?.() ?? [])
    .filter(({ state }) => state !== 'live' && state !== 'standby')
    .map(({ source, state, error }) => `${source} is ${state}${error === null ? '' : ` [${error.code}]`}`);
  const models = dataemon?.();
  if (models !== undefined) {
    const following = models.state === 'idle' || (models.state === 'running' && models.upToDateWith !== null);
    if (!following) waitingFor.push(`the models: ${models.state}`);
    if (models.error !== null) waitingFor.push(`the models: ${models.error.message} [${models.error.code}]`);
  }
  return { ready: waitingFor.length === 0, waitingFor };
}
