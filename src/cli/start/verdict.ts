import type { SourceStatus } from '../../couch2pg/index.js';
import type { DataemonStatus } from '../../dataemon/index.js';

/** Whether all is in the models, still on its way, or stuck. */
export type Verdict =
  | { readonly kind: 'working' }
  | { readonly kind: 'caught-up' }
  /** Nothing goes on any more, and something has failed for good. */
  | { readonly kind: 'failed'; readonly reasons: readonly string[] };

/** How long something may fail before it counts as failed, in milliseconds. */
const patienceMs = { forGood: 10_000, passing: 60_000 };
/** Errors of the models that do not pass by themselves. */
const lasting: ReadonlySet<string> = new Set([
  'PACKAGE_BROKEN',
  'MODEL_FAILED',
  'POSTGRES_UNAUTHORIZED',
  'POSTGRES_UNWRITABLE',
  'POSTGRES_SCHEMA_UNKNOWN',
]);

const resume = '`cht-sync resume` lets it go on.';

type Standing = 'done' | 'working' | { readonly reason: string };

/** Watches for `--exit-when-caught-up` how sources and models stand, and since when they have failed. */
export class CaughtUpWatch {
  readonly #failingSince = new Map<string, number>();

  /** To be called now and then; `now` in milliseconds. */
  look(sources: readonly SourceStatus[], dataemon: DataemonStatus, now: number): Verdict {
    const standings = sources.map((source) => this.#sourceStanding(source, now));
    const sourcesAreWorking = standings.includes('working');
    // What fails because documents are still missing is not held against the models.
    if (sourcesAreWorking) this.#failingSince.delete('models');
    else if (hasFailed(standings) && dataemon.state === 'waiting' && dataemon.error === null) {
      // For a table that no source will make.
      this.#failingSince.delete('models');
    } else standings.push(this.#modelsStanding(sources, dataemon, now));

    if (standings.includes('working')) return { kind: 'working' };
    const reasons = standings.flatMap((standing) => (typeof standing === 'object' ? [standing.reason] : []));
    return reasons.length > 0 ? { kind: 'failed', reasons } : { kind: 'caught-up' };
  }

  #sourceStanding({ source, state, pending, error }: SourceStatus, now: number): Standing {
    if (state === 'live' && (pending ?? 0) === 0) return this.#ends(source, 'done');
    if (state === 'paused') return this.#fails(source, now, patienceMs.forGood, `${source} is paused: ${resume}`);
    if (error === null) return this.#ends(source, 'working');
    const patience = state === 'failed' ? patienceMs.forGood : patienceMs.passing;
    return this.#fails(source, now, patience, explain(source, error));
  }

  #modelsStanding(sources: readonly SourceStatus[], dataemon: DataemonStatus, now: number): Standing {
    const { error, state, upToDateWith } = dataemon;
    if (error !== null) {
      const patience = lasting.has(error.code) ? patienceMs.forGood : patienceMs.passing;
      return this.#fails('models', now, patience, explain('models', error));
    }
    const written = greatest(sources.flatMap(({ savedTimestamp }) => savedTimestamp ?? []));
    const isUpToDate = written === undefined || (upToDateWith !== null && comparable(upToDateWith) >= written);
    return this.#ends('models', state === 'idle' && isUpToDate ? 'done' : 'working');
  }

  #ends(name: string, standing: 'done' | 'working'): Standing {
    this.#failingSince.delete(name);
    return standing;
  }

  #fails(name: string, now: number, patience: number, reason: string): Standing {
    const since = this.#failingSince.get(name) ?? now;
    this.#failingSince.set(name, since);
    return now - since >= patience ? { reason } : 'working';
  }
}

function hasFailed(standings: readonly Standing[]): boolean {
  return standings.some((standing) => typeof standing === 'object');
}

interface Explained {
  readonly code: string;
  readonly message: string;
  readonly remedy?: string | null | undefined;
}

function explain(what: string, { code, message, remedy }: Explained): string {
  return `${what}: ${message} [${code}]${remedy == null ? '' : `\n  What to do: ${remedy}`}`;
}

/**
 * A timestamp of PostgreSQL without zone in a form that sorts as text: a `T` between day and time, six digits of a
 * second (trailing zeros may have been left out).
 */
export function comparable(timestamp: string): string {
  const [whole = '', fraction = ''] = timestamp.replace(' ', 'T').replace(/Z$/, '').split('.');
  return `${whole}.${fraction.padEnd(6, '0')}`;
}

function greatest(timestamps: readonly string[]): string | undefined {
  return timestamps.map(comparable).sort().at(-1);
}
