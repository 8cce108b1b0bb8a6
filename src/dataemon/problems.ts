import type { Log, SyncError } from '../lib/index.js';

/** What can be wrong besides the package and single models. */
export type ProblemKind = 'postgres' | 'worker';

/** What is wrong now; each is logged once when it begins and once when it has passed. */
export class Problems {
  readonly #current = new Map<ProblemKind, SyncError>();

  constructor(private readonly log: Log) {}

  /** The most fundamental one. */
  get first(): SyncError | undefined {
    return this.#current.get('postgres') ?? this.#current.get('worker');
  }

  begin(kind: ProblemKind, error: SyncError): void {
    const before = this.#current.get(kind);
    this.#current.set(kind, error);
    const told = { code: error.code, error: error.message, remedy: error.remedy };
    if (before?.code === error.code) this.log.debug(told, 'still failing');
    else this.log.error(told, 'the models stand still; trying again');
  }

  end(kind: ProblemKind): void {
    if (this.#current.delete(kind)) this.log.info({ problem: kind }, 'working again');
  }
}
