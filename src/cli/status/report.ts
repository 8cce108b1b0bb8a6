import { columns } from '../columns.js';
import { count, dateTime, duration, shorten } from '../start/text.js';
import { needsAttention } from './attention.js';
import type { Standing } from './look.js';
import { sourceView, type SourceView } from './source-view.js';

const shownSequence = 12;

/** The status for machines; times in ISO 8601, durations in milliseconds. */
export function statusJson(standing: Standing): unknown {
  const sources = standing.sources.map(sourceView).map(({ ageMs, ...source }) => {
    return { ...source, ageMs: Number.isFinite(ageMs) ? Math.round(ageMs) : null };
  });
  return { attention: needsAttention(standing), ...standing, sources };
}

/** The status for people. */
export function statusText(standing: Standing): string {
  const attention = needsAttention(standing);
  const sources = standing.sources.map(sourceView);
  return `${[
    ...(sources.length === 0 ? [] : [...sourceTable(sources), '']),
    ...summaries(standing).flatMap((line) => [line, '']),
    ...(attention.length === 0 ? ['Nothing needs attention.'] : ['Needs attention:']),
    ...attention.map((line) => `  ${line}`),
  ].join('\n')}\n`;
}

/** The status in lines that stay the same while nothing changes. */
export function statusLines(standing: Standing): string[] {
  const sources = standing.sources.map(sourceView).map((source) => {
    const sequence = source.sequence === null ? '' : `, at ${shorten(source.sequence, shownSequence)}`;
    return `${source.source}: ${stateOf(source)}, ${behind(source)} to come${sequence}`;
  });
  return [...sources, ...summaries(standing), ...needsAttention(standing).map((line) => `Needs attention: ${line}`)];
}

function sourceTable(sources: readonly SourceView[]): string[] {
  const heads = ['SOURCE', 'STATE', 'SEQUENCE', 'TO COME', 'PARKED', 'LAST CHANGE (UTC)', 'LAST VERIFY (UTC)'];
  const rows = sources.map((source) => [
    ...[source.source, stateOf(source), source.sequence === null ? '-' : shorten(source.sequence, shownSequence)],
    ...[behind(source), count(source.parked), dateTime(source.lastChangeAt), verified(source)],
  ]);
  return columns([heads, ...rows]);
}

function stateOf({ isFollowed, state, ageMs }: SourceView): string {
  if (isFollowed) return state ?? '-';
  return Number.isFinite(ageMs) && state !== 'stopped' ? 'not followed' : 'stopped';
}

/** A source that is not live may have more to come than it was last told. */
function behind({ lag, pending }: SourceView): string {
  if (lag === 'idle') return 'nothing';
  if (pending === null) return 'unknown';
  return lag === 'behind' ? count(pending) : `${count(pending)} or more`;
}

function verified({ verification }: SourceView): string {
  if (verification === null) return 'never';
  const { endedAt, remaining } = verification;
  const differ = remaining === 1 ? '1 differs' : `${count(remaining)} differ`;
  return `${dateTime(endedAt)}, ${remaining === 0 ? 'the same' : differ}`;
}

function summaries({ models, tests, dataemons }: Standing): string[] {
  const lines: string[] = [];
  if (models.length > 0) {
    const counts = (['ok', 'failed', 'skipped', 'pending'] as const)
      .map((status) => [status, models.filter((model) => model.status === status).length] as const)
      .filter(([, number]) => number > 0)
      .map(([status, number]) => `${number} ${status}`);
    const lag = Math.max(0, ...models.map((model) => model.lag?.ms ?? 0));
    const behindBy =
      lag === 0 ? 'every document is in them' : `the oldest document they lack has waited ${duration(lag)}`;
    const running = dataemons.every(({ isRunning }) => isRunning) ? '' : '; no dataemon keeps them all';
    lines.push(`Models: ${counts.join(', ')}; ${behindBy}${running}.`);
  }
  if (tests.length > 0) {
    const failing = tests.filter(({ status }) => status === 'failed').length;
    const last = new Date(Math.max(...tests.map(({ testedAt }) => testedAt.getTime())));
    lines.push(`dbt tests: ${tests.length - failing} ok, ${failing} failed; last run at ${dateTime(last)} (UTC).`);
  }
  return lines;
}
