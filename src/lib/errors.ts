import type { ErrorCode } from './error-codes.js';

/** What an error says besides its message. */
export interface ErrorDetails {
  /** What the user can do about it, as an imperative sentence. */
  readonly remedy?: string;
  /** Whether it may pass by itself: if so it is tried again with growing pauses, else at the slowest pace. */
  readonly passing?: boolean;
  /** How long whoever refused asks to be left alone, in milliseconds. */
  readonly retryAfterMs?: number;
  readonly cause?: unknown;
}

/**
 * An error that a user may meet: it has a stable code, names the thing it is about and says what to do.
 * Anything else that is thrown is a defect of ours.
 */
export class SyncError extends Error {
  override readonly name: string = 'SyncError';
  readonly remedy: string | undefined;
  readonly passing: boolean;
  readonly retryAfterMs: number | undefined;

  constructor(
    readonly code: ErrorCode,
    message: string,
    details: ErrorDetails = {},
  ) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.remedy = details.remedy;
    this.passing = details.passing ?? false;
    this.retryAfterMs = details.retryAfterMs;
  }

  /** Code, message and remedy in one line, for a terminal. */
  describe(): string {
    return `${this.message} [${this.code}]${this.remedy === undefined ? '' : `\n  What to do: ${this.remedy}`}`;
  }
}

/** One or more options are wrong; all of them are named at once. */
export class ConfigError extends SyncError {
  override readonly name = 'ConfigError';

  constructor(message: string, details: ErrorDetails = {}) {
    super('CONFIG_INVALID', message, details);
  }
}

/** The text of anything that was thrown. */
export function messageOf(thrown: unknown): string {
  if (thrown instanceof AggregateError && thrown.message === '') return thrown.errors.map(messageOf).join('; ');
  return thrown instanceof Error ? thrown.message : String(thrown);
}
