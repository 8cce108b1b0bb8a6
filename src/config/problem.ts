import { ConfigError } from '../lib/index.js';

/** What is wrong, or looks wrong, with an option. */
export interface Problem {
  /** The variable or flag. */
  readonly option: string;
  /** Its text as it may be shown, where the text is at fault. */
  readonly value?: string;
  /** Where the text came from. */
  readonly origin?: string;
  /** Why it cannot be used, to be read after "X is Y:". */
  readonly cause: string;
  /** An imperative sentence. */
  readonly remedy: string;
}

/** A problem in one line. */
export function describeProblem({ option, value, origin, cause, remedy }: Problem): string {
  const given = value === undefined ? '' : ` is "${value}"`;
  const from = origin === undefined ? '' : ` (${origin})`;
  return `${option}${given}${from}: ${cause}. ${remedy}`;
}

/** The error that names all problems at once. */
export function configError(problems: readonly Problem[]): ConfigError {
  const [first] = problems;
  const lines = problems.map(describeProblem);
  const message =
    first !== undefined && problems.length === 1
      ? (lines[0] ?? '')
      : `${problems.length} options are wrong:\n${lines.map((line) => `  ${line}`).join('\n')}\n `;
  return new ConfigError(message, {
    remedy: '`cht-sync config` shows every option, its value and where it came from.',
  });
}
