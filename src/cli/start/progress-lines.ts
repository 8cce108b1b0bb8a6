import { loadProgress } from '../../couch2pg/index.js';
import { count, duration } from './text.js';
import type { View } from './view.js';

/** How far everything is, a line each; a line that stays the same is not worth telling again. */
export function progressLines({ steps, sources, dataemon }: View): string[] {
  const filling = steps
    .filter(({ isDone }) => !isDone)
    .map(({ title, progress }) =>
      progress === undefined ? `${title} ...` : `${title}: ${count(progress.done)} of ${count(progress.total)}`,
    );
  const loading = sources.flatMap((status) => {
    const { source, state, written, pending, progress } = status;
    const { leftMs = null } = loadProgress(status) ?? {};
    const left = leftMs === null ? '' : `, about ${duration(leftMs)} left`;
    if (progress !== null) return [`${source}: ${count(progress.done)} of ${count(progress.total)}${left}`];
    const isFollowed = state === 'catching-up' || state === 'live';
    return isFollowed ? [`${source}: ${count(written)} written, ${count(pending)} pending${left}`] : [];
  });
  const built = dataemon?.models.filter(({ status }) => status === 'ok').length ?? 0;
  const models =
    dataemon === undefined || dataemon.models.length === 0
      ? []
      : [`models: ${dataemon.state}, ${built} of ${dataemon.models.length} up to date`];
  return [...filling, ...loading, ...models];
}
