import type { ModelLag, ModelReport } from '../dataemon/index.js';
import { columns } from './columns.js';

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

/** The models as a table, and below it what is wrong with those that fail. */
export function modelsText(models: readonly ModelReport[], now: Date): string {
  if (models.length === 0) return 'No dataemon has kept models in this schema yet.\n';
  const withSelector = models.some(({ selector }) => selector !== null);
  const heads = ['MODEL', 'STATUS', 'ROWS', 'LAST SUCCESS (UTC)', 'BEHIND', ...(withSelector ? ['SELECTOR'] : [])];
  const rows = models.map((model) => [
    ...[model.name, model.status, rowsText(model.rows), time(model.lastSuccessAt), lagText(model)],
    ...(withSelector ? [model.selector ?? ''] : []),
  ]);
  const failing = models.filter(({ status }) => status === 'failed');
  const summary = `${models.length} ${models.length === 1 ? 'model' : 'models'}, ${failing.length} failing.`;
  const told = failing.map((model) => failureText(model, now));
  return `${[...columns([heads, ...rows]), '', summary, ...told.flatMap((text) => ['', text])].join('\n')}\n`;
}

function failureText({ name, lastError, retryAt }: ModelReport, now: Date): string {
  if (lastError === null) return `${name} fails.`;
  const { since, tries, message, compiledSql } = lastError;
  const often = `${tries} ${tries === 1 ? 'time' : 'times'} since ${time(since)}`;
  const again = retryAt === null ? '' : `, is tried again ${retryAt > now ? `at ${time(retryAt)}` : 'now'}`;
  const words = message.split('\n').map((line) => `  ${line.trim()}`);
  return [
    `${name} has failed ${often}${again}:`,
    ...words.filter((line) => line.trim() !== '' && !line.includes('compiled code at')),
    ...(compiledSql === null ? [] : [`  Compiled SQL: ${compiledSql}`]),
  ].join('\n');
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

function time(at: Date | null): string {
  return at === null ? 'never' : at.toISOString().slice(0, 19).replace('T', ' ');
}
