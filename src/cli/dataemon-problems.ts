import type { ProblemReport } from '../dataemon/index.js';
import { dateTime } from './start/text.js';

/** What is wrong with dataemons now. */
export function lasting(problems: readonly ProblemReport[]): ProblemReport[] {
  return problems.filter(({ endedAt }) => endedAt === null);
}

/** What a dataemon reports, or has reported, and when: the words before the message. */
export function headOf({ selector, code, beganAt, endedAt }: ProblemReport): string {
  const who = selector === null ? 'The dataemon' : `The dataemon of ${selector}`;
  const what =
    endedAt === null
      ? `has reported ${code} since ${dateTime(beganAt)}`
      : `reported ${code} from ${dateTime(beganAt)} to ${dateTime(endedAt)}`;
  return `${who} ${what}:`;
}
