import type { Clock, Log, SyncError } from '../lib/index.js';

/** What can be wrong besides single models, the most fundamental first. */
export const problemKinds = ['postgres', 'worker', 'package'] as const;
export type ProblemKind = (typeof problemKinds)[number];

/** What is, or last was, wrong. */
export interface Problem {
  readonly kind: ProblemKind;
  readonly error: SyncError;
  readonly beganAt: Date;
  /** Null while it lasts. */
  readonly endedAt: Date | null;
}

/** What is wrong now, and was last; each is logged once when it begins and once when it has passed. */
export class Problems {
  readonly #problems = new Map<ProblemKind, Problem>();

  constructor(
    private readonly log: Log,
    private readonly clock: Pick<Clock, 'now'>,
  ) {}

  /** Of those that last, the most fundamental one. */
  get first(): SyncError | undefined {
    return this.list().find(({ endedAt }) => endedAt === null)?.error;
  }

  /** Those that last, and of each kind the last that has passed. */
  list(): readonly Problem[] {
    return problemKinds.map((kind) => this.#problems.get(kind)).filter((problem) => problem !== undefined);
  }

  begin(kind: ProblemKind, error: SyncError): void {
    const isNew = this.#lasting(kind)?.error.code !== error.code;
    this.note(kind, error);
    const told = { code: error.code, error: error.message, remedy: error.remedy };
    if (isNew) this.log.error(told, 'the models stand still; trying again');
    else this.log.debug(told, 'still failing');
  }

  end(kind: ProblemKind): void {
    if (this.#lasting(kind) === undefined) return;
    this.note(kind, undefined);
    this.log.info({ problem: kind }, 'working again');
  }

  /** As `begin` and `end`, of what is logged elsewhere. */
  note(kind: ProblemKind, error: SyncError | undefined): void {
    const lasting = this.#lasting(kind);
    const now = new Date(this.clock.now());
    if (error !== undefined) {
      if (lasting?.error.message === error.message) return;
      const beganAt = lasting?.error.code === error.code ? lasting.beganAt : now;
      this.#problems.set(kind, { kind, error, beganAt, endedAt: null });
    } else if (lasting !== undefined) {
      this.#problems.set(kind, { ...lasting, endedAt: now });
    }
  }

  #lasting(kind: ProblemKind): Problem | undefined {
    const problem = this.#problems.get(kind);
    return problem?.endedAt === null ? problem : undefined;
  }
}
