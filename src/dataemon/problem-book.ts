import type { Session } from './database/session.js';
import { writeProblems } from './database/problems.js';
import type { DataemonOptions } from './options.js';
import type { Problems } from './problems.js';

/** Writes down what is wrong with the dataemon as a whole, for those who ask the database. */
export class ProblemBook {
  /** What was written last; undefined before that: an earlier process may have left something. */
  #written: string | undefined;

  constructor(
    private readonly options: Pick<DataemonOptions, 'schema' | 'selector' | 'clock'>,
    private readonly problems: Problems,
  ) {}

  /** Writes what has changed; nothing when nothing has. */
  async write(session: Session): Promise<void> {
    const problems = this.problems.list();
    const state = JSON.stringify(problems.map(({ kind, error, endedAt }) => [kind, error.message, endedAt]));
    if (state === this.#written) return;
    await writeProblems(session, this.options, problems, new Date(this.options.clock.now()));
    this.#written = state;
  }
}
