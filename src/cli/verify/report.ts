import type { Difference, Verification } from '../../couch2pg/index.js';
import type { SyncError } from '../../lib/index.js';
import { count, duration, shorten, table } from '../start/text.js';

/** How the verification of a source ended, or why it could not be verified. */
export type VerifyOutcome = Verification | { readonly source: string; readonly error: SyncError };

const shownDifferences = 20;
const longestId = 60;
const indent = '  ';

/** The result for machines. */
export function verifyJson(outcomes: readonly VerifyOutcome[]): unknown {
  return {
    same: outcomes.every((outcome) => 'remaining' in outcome && outcome.remaining === 0),
    sources: outcomes.map((outcome) => {
      if (!('error' in outcome)) return outcome;
      const { code, message, remedy = null } = outcome.error;
      return { source: outcome.source, error: { code, message, remedy } };
    }),
  };
}

/** The result for people. */
export function verifyText(outcomes: readonly VerifyOutcome[], { repair }: { readonly repair: boolean }): string {
  return `${outcomes.map((outcome) => linesOf(outcome, repair).join('\n')).join('\n\n')}\n`;
}

function linesOf(outcome: VerifyOutcome, repair: boolean): string[] {
  if ('error' in outcome) return [`${outcome.source}: could not be verified: ${outcome.error.describe()}`];
  const { source, compared, startedAt, endedAt, missing, stale, extra, parked, purged, repaired, remaining } = outcome;
  const took = duration(endedAt.getTime() - startedAt.getTime());
  const found = missing + stale + extra + parked + purged;
  const lines = [
    `${source}: ${verdict(found, repaired, remaining, repair)} (${count(compared)} ${compared === 1 ? 'document' : 'documents'} compared in ${took})`,
  ];
  if (found === 0) return lines;
  const counts = { missing, stale, extra, parked, purged, ...(repair ? { repaired } : {}) };
  lines.push(indent + Object.entries(counts).map(([name, number]) => `${name} ${count(number)}`).join('   ')); // prettier-ignore
  lines.push(...differenceLines(outcome.differences, found));
  if (!repair && found > parked) lines.push(`${indent}To mend it: cht-sync verify --source ${source} --repair`);
  if (parked > 0) lines.push(`${indent}What PostgreSQL refuses is parked: cht-sync rejected list --source ${source}`);
  return lines;
}

function verdict(found: number, repaired: number, remaining: number, repair: boolean): string {
  if (found === 0) return 'the same';
  if (!repair) return `${count(found)} ${found === 1 ? 'difference' : 'differences'}`;
  return remaining === 0 ? `${count(repaired)} mended` : `${count(repaired)} mended, ${count(remaining)} still differ`;
}

function differenceLines(differences: readonly Difference[], found: number): string[] {
  const shown = differences.slice(0, shownDifferences);
  const rows = shown.map(({ kind, id, couchdb, postgres }) => [
    `${indent}${kind}`,
    shorten(printable(id), longestId),
    revision(couchdb),
    revision(postgres),
  ]);
  const more = found - shown.length;
  return [
    ...table([[`${indent}Kind`, 'Document', 'CouchDB', 'PostgreSQL'], ...rows], []),
    ...(more > 0 ? [`${indent}... and ${count(more)} more`] : []),
  ];
}

function revision(side: Difference['couchdb']): string {
  return side === null ? '-' : `${side.rev}${side.deleted ? ' (deleted)' : ''}`;
}

/** An id may hold anything, also what a terminal would obey. */
function printable(id: string): string {
  return /[\p{C}\p{Z}]/u.test(id) ? JSON.stringify(id).replaceAll(/[\p{Cc}\p{Cf}]/gu, '\ufffd') : id;
}
