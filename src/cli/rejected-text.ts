import type { RetryOutcome } from '../couch2pg/index.js';
import type { Parked } from '../postgres/index.js';
import { columns } from './columns.js';
import { dateTime, size } from './start/text.js';

const longestId = 60;

/** The list as a table, and what its last column means. */
export function listText(parked: readonly Parked[]): string {
  if (parked.length === 0) return 'No document is parked.';
  const rows = parked.map((one) => [
    one.source,
    shortened(shownId(one.id)),
    `${one.rev}${one.deleted ? ' (deleted)' : ''}`,
    one.code,
    size(one.bytes),
    dateTime(one.at),
    one.stored ?? 'nothing',
  ]);
  const lines = columns([['SOURCE', 'ID', 'REVISION', 'SQLSTATE', 'SIZE', 'SINCE (UTC)', 'THE TABLE HAS'], ...rows]);
  const total = `${parked.length} ${parked.length === 1 ? 'document is' : 'documents are'} parked.`;
  return [...lines, '', `${total} \`cht-sync rejected show ID\` tells why.`].join('\n');
}

/** One document with all that is known of it. */
export function showText(one: Parked & { readonly text: string }): string {
  const facts = [
    ['Source', one.source],
    ['Id', shownId(one.id)],
    ['Revision', `${one.rev}${one.deleted ? ' (deleted)' : ''}`],
    ['Refused', `${one.at.toISOString()} with SQLSTATE ${one.code}`],
    ['Error', one.error],
    ['Size', size(one.bytes)],
    ['The table has', one.stored ?? 'nothing'],
  ];
  const cut = one.isWhole ? '' : '\n(only its beginning is kept)';
  return [...columns(facts), '', `${one.text}${cut}`].join('\n');
}

/** What came of one document, on a line. */
export function outcomeText(document: Parked, outcome: RetryOutcome): string {
  return `${document.source}  ${shortened(shownId(document.id))}  ${document.rev}: ${wordsFor(outcome)}`;
}

/** How many of each there were. */
export function summaryText(kinds: readonly string[]): string {
  if (kinds.length === 0) return 'No document is parked.';
  const count = (kind: string) => kinds.filter((one) => one === kind).length;
  const refused = count('refused') + count('incomplete');
  const overtaken = count('overtaken');
  return [`${count('stored')} stored`, `${refused} still parked`, ...(overtaken > 0 ? [`${overtaken} overtaken`] : [])]
    .join(', ')
    .concat('.');
}

/** A parked document for a program. */
export function parkedJson({ at, code, ...one }: Parked): object {
  const { source, id, rev, deleted, error, bytes, stored } = one;
  return { source, id, rev, deleted, sqlstate: code, error, bytes, since: at.toISOString(), stored };
}

/** What came of one document, for a program. */
export function outcomeJson({ source, id, rev }: Parked, outcome: RetryOutcome): object {
  const refusal = outcome.kind === 'refused' ? { sqlstate: outcome.code, error: outcome.error } : {};
  return { source, id, rev, outcome: outcome.kind, ...refusal };
}

function wordsFor(outcome: RetryOutcome): string {
  switch (outcome.kind) {
    case 'stored':
      return 'stored';
    case 'refused':
      return `still refused: ${outcome.error} (SQLSTATE ${outcome.code})`;
    case 'incomplete':
      return 'still parked: only its beginning was kept; edit it in CouchDB, and it comes again';
    case 'overtaken':
      return 'left alone: another revision has come since';
  }
}

/** An id as it is, or as JSON where a terminal could not show it. */
function shownId(id: string): string {
  return /^[^\p{C}]*$/u.test(id) ? id : JSON.stringify(id);
}

function shortened(id: string): string {
  return id.length > longestId ? `${id.slice(0, longestId - 1)}…` : id;
}
