import type { ProblemReport } from '../dataemon/index.js';

/** What is wrong with dataemons now. */
export function lasting(problems: readonly ProblemReport[]): ProblemReport[] {
  return problems.filter(({ endedAt }) => endedAt === null);
}

/** What a dataemon reports, or has reported, and when: the words before the message. */
export function headOf({ selector, code, beganAt, endedAt }: ProblemReport): string {
  const who = selector === null ? 'The dataemon' : `The dataemon of ${selector}`;
  const what =
    endedAt === null
      ? `has reported ${code} since ${time(beganAt)}`
      : `reported ${code} from ${time(beganAt)} to ${time(endedAt)}`;
  return `${who} ${what}:`;
}

function time(at: Date): string {
  return at.toISOString().slice(0, 19).replace('T', ' ');
}
