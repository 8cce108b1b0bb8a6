import type { Run } from './decide.js';

/** To make one of these anew takes a quarter of a minute and more; a run of its own costs a second or two. */
const largeBytes = 256 * 1024 ** 2;

/**
 * The part of a rebuild that comes first. A table that has been made anew is brought on when the run that made it has ended, and shows
 * until then what there was when that began: so it does not wait for other large ones.
 *
 * @param bytes - how large the tables are that are replaced, by id.
 * @param threads - how many dbt makes at once.
 */
export function inTurn(run: Run, bytes: ReadonlyMap<string, number>, threads: number): Run {
  const isLarge = (id: string) => (bytes.get(id) ?? 0) >= largeBytes;
  const small = run.models.filter((id) => !isLarge(id));
  return { ...run, models: small.length > 0 ? small : run.models.slice(0, threads) };
}
