import type { ModelReport, ProblemReport } from '../../dataemon/index.js';
import { headOf, lasting } from '../dataemon-problems.js';
import { count, duration } from '../start/text.js';
import type { Standing } from './look.js';
import { sourceView, type SourceView } from './source-view.js';

/** A dataemon that runs brings a model on within seconds, or is building it. */
const longLagMs = 600_000;

/** What a person should look at: what is wrong, and the command that says more or helps. One line each. */
export function needsAttention(standing: Standing): string[] {
  const { sources, models, tests, problems, dataemons } = standing;
  const idle = dataemons.filter(({ isRunning }) => !isRunning);
  return [
    ...(sources.length === 0 ? ['Nothing has been synced to this schema yet: start cht-sync couch2pg.'] : []),
    ...sources.map(sourceView).flatMap(ofSource),
    ...idle.map(({ selector }) => `No dataemon keeps the models${ofSelector(selector)}: start cht-sync dataemon.`),
    ...lasting(problems).map(ofDataemon),
    ...models.flatMap((model) => ofModel(model)),
    ...tests
      .filter(({ status }) => status === 'failed')
      .map(({ name }) => `The test ${name} fails: cht-sync models says why.`),
  ];
}

function ofSource(view: SourceView): string[] {
  const { source, isFollowed, state, ageMs, error, paused, parked, verification } = view;
  const lines: string[] = [];
  if (paused || (isFollowed && state === 'paused')) {
    lines.push(`${source} is paused: cht-sync resume --source ${source} lets it go on.`);
  }
  if (!isFollowed) {
    const since = Number.isFinite(ageMs) ? ` for ${duration(ageMs)}` : '';
    lines.push(`${source} has not been followed${since}: start cht-sync couch2pg.`);
  }
  if (error !== null) lines.push(`${source} is ${state ?? 'not well'}: ${oneLine(error.message)} [${error.code}]`);
  if (parked > 0) {
    const what = parked === 1 ? '1 document is' : `${count(parked)} documents are`;
    lines.push(`${source}: ${what} parked, because PostgreSQL refuses them: cht-sync rejected list --source ${source}`);
  }
  const differing = verification === null ? 0 : verification.remaining - verification.differences.parked;
  if (differing > 0) {
    const what = differing === 1 ? '1 document differs' : `${count(differing)} documents differ`;
    lines.push(`${source}: ${what} from CouchDB: cht-sync verify --repair --source ${source}`);
  }
  return lines;
}

function ofDataemon(problem: ProblemReport): string {
  return `${headOf(problem)} ${oneLine(problem.message)}; see cht-sync models.`;
}

function ofModel({ name, selector, status, lag, lastError }: ModelReport): string[] {
  if (status === 'failed') {
    const words = oneLine(lastError?.message ?? '');
    return [`The model ${name}${ofSelector(selector)} fails: ${words === '' ? '' : `${words}; `}see cht-sync models.`];
  }
  if (lag === null || lag.ms < longLagMs) return [];
  return [`The model ${name}${ofSelector(selector)} lacks documents that have waited for ${duration(lag.ms)}.`];
}

function ofSelector(selector: string | null): string {
  return selector === null ? '' : ` of the selector ${selector}`;
}

const longest = 200;

function oneLine(words: string): string {
  const line = words.replaceAll(/\s+/g, ' ').trim();
  return line.length > longest ? `${line.slice(0, longest)}…` : line;
}
