import type { ModelLag, ModelReport, ProblemReport, TestReport } from '../dataemon/index.js';
import { columns } from './columns.js';
import { headOf } from './dataemon-problems.js';
import { dateTime } from './start/text.js';

const order: readonly ModelReport['status'][] = ['failed', 'skipped', 'pending', 'ok'];

/** Failing models first, then those that wait, each by name. */
export function inOrder(models: readonly ModelReport[]): ModelReport[] {
  return [...models].sort(
    (a, b) =>
      order.indexOf(a.status) - order.indexOf(b.status) ||
      a.name.localeCompare(b.name) ||
      (a.selector ?? '').localeCompare(b.selector ?? ''),
  );
}

/** Of a model whose new version cannot be built. */
const broughtOn = 'Until it can be built, the table is kept up to date as it was before the change.';

/** How dbt names the file. */
const compiledAt = 'compiled code at ';

/** What is shown. */
export interface Shown {
  readonly models: readonly ModelReport[];
  readonly tests: readonly TestReport[];
  readonly problems: readonly ProblemReport[];
}

/** How long it is told that something was wrong, in milliseconds. */
const toldAfterwardsMs = 24 * 3_600_000;

/**
 * What is wrong with dataemons as a whole, the models as a table, and below it what is wrong with those that fail, and with
 * the tests that do.
 */
export function modelsText({ models, tests, problems }: Shown, now: Date): string {
  const told = problems
    .filter(({ endedAt }) => endedAt === null || now.getTime() - endedAt.getTime() < toldAfterwardsMs)
    .map(problemText);
  const texts =
    models.length === 0 ? ['No dataemon has kept models in this schema yet.'] : modelTexts({ models, tests }, now);
  return `${[...told, ...texts].join('\n\n')}\n`;
}

function problemText(problem: ProblemReport): string {
  const { message, remedy } = problem;
  const lines = [message, ...(remedy === null ? [] : [remedy])].flatMap((words) => words.split('\n'));
  return [headOf(problem), ...lines.map((line) => `  ${line.trim()}`)].join('\n');
}

function modelTexts({ models, tests }: Pick<Shown, 'models' | 'tests'>, now: Date): string[] {
  const withSelector = models.some(({ selector }) => selector !== null);
  const heads = ['MODEL', 'STATUS', 'ROWS', 'LAST SUCCESS (UTC)', 'BEHIND', ...(withSelector ? ['SELECTOR'] : [])];
  const rows = models.map((model) => [
    ...[model.name, model.status, rowsText(model.rows), dateTime(model.lastSuccessAt), lagText(model)],
    ...(withSelector ? [model.selector ?? ''] : []),
  ]);
  const failing = models.filter(({ status }) => status === 'failed');
  const summary = `${models.length} ${models.length === 1 ? 'model' : 'models'}, ${failing.length} failing.`;
  const told = failing.map((model) => failureText(model, now));
  return [columns([heads, ...rows]).join('\n'), summary, ...told, ...testsTexts(tests)];
}

function testsTexts(tests: readonly TestReport[]): string[] {
  if (tests.length === 0) return [];
  const failing = tests.filter(({ status }) => status === 'failed');
  const last = new Date(Math.max(...tests.map(({ testedAt }) => testedAt.getTime())));
  const count = `${tests.length} ${tests.length === 1 ? 'test' : 'tests'}`;
  const told = failing.map(({ name, failingSince, error }) =>
    [`Test ${name} has failed since ${dateTime(failingSince)}:`, ...wordLines(error ?? '')].join('\n'),
  );
  return [`${count}, ${failing.length} failing; last run at ${dateTime(last)}.`, ...told];
}

/** dbt's words, indented; the path of the compiled SQL, if they name it, by itself at the end. */
function wordLines(words: string): string[] {
  const lines = words.split('\n').map((line) => line.trim());
  const path = lines.find((line) => line.startsWith(compiledAt))?.slice(compiledAt.length);
  return [
    ...lines.filter((line) => line !== '' && !line.startsWith(compiledAt)).map((line) => `  ${line}`),
    ...(path === undefined ? [] : [`  Compiled SQL: ${path}`]),
  ];
}

function failureText({ name, lastError, lastSuccessAt, retryAt }: ModelReport, now: Date): string {
  if (lastError === null) return `${name} fails.`;
  const { since, tries, message } = lastError;
  const often = `${tries} ${tries === 1 ? 'time' : 'times'} since ${dateTime(since)}`;
  const again = retryAt === null ? '' : `, is tried again ${retryAt > now ? `at ${dateTime(retryAt)}` : 'now'}`;
  const goesOn = lastSuccessAt !== null && lastSuccessAt > lastError.at ? [`  ${broughtOn}`] : [];
  return [`${name} has failed ${often}${again}:`, ...wordLines(message), ...goesOn].join('\n');
}

function rowsText(rows: number | null): string {
  return rows === null ? '-' : rows.toLocaleString('en');
}

function lagText({ lag }: ModelReport): string {
  if (lag === null) return '-';
  if (lag.documents === 0) return 'nothing';
  return `${documentsText(lag)}, for ${duration(lag.ms)}`;
}

function documentsText({ documents, hasMore }: ModelLag): string {
  const count = documents.toLocaleString('en');
  if (hasMore) return `more than ${count} documents`;
  return `${count} ${documents === 1 ? 'document' : 'documents'}`;
}

function duration(ms: number): string {
  const seconds = Math.round(ms / 1000);
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 7200) return `${Math.round(seconds / 60)} min`;
  if (seconds < 172_800) return `${Math.round(seconds / 3600)} h`;
  return `${Math.round(seconds / 86_400)} days`;
}
