import { loadProgress, type SourceStatus } from '../../couch2pg/index.js';
import type { DataemonStatus } from '../../dataemon/index.js';
import { bar, count, duration, fillLines, shellLines, shorten, table, timeOfDay } from './text.js';
import type { Guide, Step, View } from './view.js';

/** The size of a terminal. */
export interface Size {
  readonly width: number;
  readonly height: number;
}

/** A part of the screen; parts with a lower rank go first when there is no room. */
interface Section {
  readonly lines: readonly string[];
  readonly rank: number;
  /** Lines that a list may be cut down to; undefined when it is shown whole or not at all. */
  readonly least?: number;
}

/** How long something takes at least for its end to be foretold, in milliseconds. */
const leastLeftMs = 5_000;
const barWidth = 30;
const indent = '  ';
const shownSequence = 16;

/** The screen of `start`: never wider nor higher than the terminal, except for command lines, which are copied. */
export function renderScreen(view: View, { width, height }: Size): string[] {
  const sections: Section[] = [
    { lines: [headline(view)], rank: 10 },
    { lines: view.steps.filter((step) => !step.isDone).map(stepLine), rank: 9 },
    { lines: sourceLines(view.sources), rank: 8, least: 4 },
    { lines: view.dataemon === undefined ? [] : modelLines(view.dataemon), rank: 7, least: 3 },
    { lines: problemLines(view), rank: 6 },
    { lines: warningLines(view), rank: 3 },
    { lines: supersetLines(view), rank: 6 },
    ...(view.guide === undefined ? [] : guideSections(view.guide, width)),
  ];
  return fit(sections, height - 1).map((line) => (isCommand(line) ? line : shorten(line, width)));
}

function headline({ version, phase, steps, sources, dataemon }: View): string {
  if (phase === 'stopped') return `CHT Sync ${version}: stopped; the next start goes on from here`;
  if (phase === 'stopping') return `CHT Sync ${version}: stopping (Ctrl-C again ends it at once)`;
  const isSettingUp = steps.some(({ isDone }) => !isDone) || sources.length === 0;
  const isFollowing = sources.every(({ state }) => state === 'live') && dataemon?.state === 'idle';
  const state = isSettingUp ? 'setting up' : isFollowing ? 'up to date, following' : 'working';
  return `CHT Sync ${version}: ${state} (Ctrl-C stops it)`;
}

function stepLine({ title, progress }: Step): string {
  const far =
    progress === undefined ? '...' : `${bar(progress.done, progress.total, barWidth)}  ${count(progress.done)}`;
  return `${title}  ${far}`;
}

function sourceLines(sources: readonly SourceStatus[]): string[] {
  if (sources.length === 0) return [];
  const rows = sources.map(({ source, state, sequence, pending, lagMs, written }) => [
    `${indent}${source}`,
    state,
    sequence === null ? '-' : shorten(sequence, shownSequence),
    count(pending),
    duration(lagMs),
    count(written),
  ]);
  const header = [`${indent}Source`, 'State', 'Sequence', 'Pending', 'Lag', 'Written'];
  // While much is read a bar says more than numbers.
  const bars = sources.flatMap((source) => {
    const loading = loadProgress(source);
    if (loading === null) return [];
    const { done, total, leftMs } = loading;
    const left = leftMs === null || leftMs < leastLeftMs ? '' : `  about ${duration(leftMs)} left`;
    return [`${indent}${source.source}  ${bar(done, total, barWidth)}  ${count(source.ratePerSecond)}/s${left}`];
  });
  return [...table([header, ...rows], [3, 4, 5]), ...bars];
}

function modelLines({ state, package: name, models }: DataemonStatus): string[] {
  const title = `Models of the package ${name}: ${state}`;
  if (models.length === 0) return [title];
  const rows = models.map((model) => [
    `${indent}${model.name}`,
    model.status,
    count(model.rows),
    timeOfDay(model.lastRunAt),
    duration(model.durationMs),
  ]);
  const built = models.filter(({ status }) => status === 'ok').length;
  const building = (state === 'building' || state === 'running') && built < models.length;
  const progress = building ? `  ${bar(built, models.length, barWidth)}` : '';
  return [`${title}${progress}`, ...table([[`${indent}Model`, 'State', 'Rows', 'Last run', 'Took'], ...rows], [2, 4])];
}

function problemLines({ sources, dataemon }: View): string[] {
  const problems = [
    ...sources.map(({ source, error }) => ({ what: source, error })),
    { what: 'models', error: dataemon?.error ?? null },
  ].flatMap(({ what, error }) => {
    if (error === null) return [];
    const remedy = error.remedy ?? undefined;
    const first = `${indent}${what}: ${error.message} [${error.code}]`.replaceAll(/\s*\n\s*/g, ' ');
    return remedy === undefined ? [first] : [first, `${indent}${indent}What to do: ${remedy}`];
  });
  return problems.length === 0 ? [] : ['Problems', ...problems];
}

function warningLines({ warnings }: View): string[] {
  const lines = warnings.map((warning) => `${indent}${warning.replaceAll(/\s*\n\s*/g, ' ')}`);
  return lines.length === 0 ? [] : ['Latest warnings', ...lines];
}

function supersetLines({ superset }: View): string[] {
  if (superset === undefined) return [];
  const { url, user, password } = superset;
  return ['Look at the dashboards', mark(`${url}  user ${user}, password ${password}`)];
}

/** Whether the whole of it has room. */
export function fits(view: View, { width, height }: Size): boolean {
  return renderScreen(view, { width, height: Infinity }).length < height;
}

/** The guide alone. */
export function renderGuide(guide: Guide, width: number): string[] {
  return fit(guideSections(guide, width), Infinity);
}

function guideSections({ psql, edit, query, metricsUrl, logFile }: Guide, width: number): Section[] {
  const room = width - commandIndent.length;
  const command = (words: readonly string[]) => shellLines(words, room).map(mark);
  const places = [
    ...(metricsUrl === undefined ? [] : [`Metrics  ${metricsUrl}/metrics`]),
    ...(logFile === undefined ? [] : [`Log      ${logFile}`]),
  ];
  return [
    { lines: ['Look at the tables', ...command(psql)], rank: 5 },
    edit === undefined
      ? { lines: [], rank: 4 }
      : {
          lines: [
            'Edit a document',
            ...command(edit),
            ...(query === undefined ? [] : ['and see it arrive', ...fillLines(query, room).map(mark)]),
          ],
          rank: 4,
        },
    { lines: places, rank: 2 },
  ];
}

const commandIndent = `${indent}${indent}`;
const mark = (line: string) => `${commandIndent}${line}`;
const isCommand = (line: string) => line.startsWith(commandIndent) && !line.startsWith(`${commandIndent}What to do`);

/** Puts sections under each other with a blank line between, in at most `height` lines. */
function fit(sections: readonly Section[], height: number): string[] {
  let kept = sections.filter(({ lines }) => lines.length > 0);
  const heightOf = (size: (section: Section) => number) => kept.reduce((sum, one) => sum + size(one) + 1, -1);
  const byRank = [...kept].sort((one, other) => one.rank - other.rank);
  for (const section of byRank) {
    if (heightOf(leastHeight) <= height) break;
    kept = kept.filter((one) => one !== section);
  }
  for (const section of byRank.filter((one) => kept.includes(one))) {
    const excess = heightOf(({ lines }) => lines.length) - height;
    if (excess <= 0) break;
    const room = Math.max(leastHeight(section), section.lines.length - excess);
    kept = kept.map((one) => (one === section ? { ...one, lines: cut(one.lines, room) } : one));
  }
  return kept.flatMap(({ lines }, index) => (index === 0 ? lines : ['', ...lines]));
}

/** With a last line that tells how many are left out. */
function leastHeight({ lines, least }: Section): number {
  return least === undefined ? lines.length : Math.min(lines.length, least + 1);
}

function cut(lines: readonly string[], height: number): readonly string[] {
  if (lines.length <= height) return lines;
  return [...lines.slice(0, height - 1), `${indent}... and ${lines.length - height + 1} more`];
}
