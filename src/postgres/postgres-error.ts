import pg from 'pg';
import { messageOf, SyncError, type ErrorCode } from '../lib/index.js';

/** What an SQLSTATE (or its class, the first two characters) means for us. https://www.postgresql.org/docs/current/errcodes-appendix.html */
interface Meaning {
  readonly code: ErrorCode;
  readonly passing: boolean;
  readonly remedy?: string;
}

const unreachable: Meaning = {
  code: 'POSTGRES_UNREACHABLE',
  passing: true,
  remedy: 'Check that PostgreSQL runs and that POSTGRES_HOST and POSTGRES_PORT are right; it is tried again.',
};
const wrongCredentials: Meaning = {
  code: 'POSTGRES_UNAUTHORIZED',
  passing: false,
  remedy: 'Check POSTGRES_USER and POSTGRES_PASSWORD.',
};
const unwritable = (remedy: string): Meaning => ({ code: 'POSTGRES_UNWRITABLE', passing: false, remedy });
const again: Meaning = { code: 'POSTGRES_STATEMENT_FAILED', passing: true };

const meanings: Readonly<Record<string, Meaning>> = {
  '08': unreachable,
  '57P01': unreachable,
  '57P02': unreachable,
  '57P03': unreachable,
  '53300': { ...unreachable, remedy: 'PostgreSQL has no connection left: raise max_connections or close others.' },
  '28': wrongCredentials,
  '3D000': { code: 'POSTGRES_UNAUTHORIZED', passing: false, remedy: 'Create the database, or correct POSTGRES_DB.' },
  '25006': unwritable('PostgreSQL is read-only (a standby?): point POSTGRES_HOST at the primary.'),
  '42501': unwritable('Grant the role of POSTGRES_USER what the message names.'),
  '53100': { ...unwritable('The disk of PostgreSQL is full: free space.'), passing: true },
  '53': again,
  // Serialization failure, deadlock, lock timeout, statement cancelled, idle-in-transaction timeout.
  '40': again,
  '55P03': again,
  '57014': again,
  '25P03': unreachable,
};

/** SQLSTATE classes of data that PostgreSQL cannot hold: the document is at fault, not the server. */
const dataClasses = new Set(['22', '54']);

/**
 * Turns what `pg` threw into an error for users.
 *
 * @param doing - what was tried, for the message: "writing to v1.couchdb".
 */
export function classifyPostgresError(thrown: unknown, doing: string): SyncError {
  if (thrown instanceof SyncError) return thrown;
  const state = sqlState(thrown);
  const meaning = state === undefined ? meaningOfConnection(thrown) : (meanings[state] ?? meanings[state.slice(0, 2)]);
  const { code, passing, remedy }: Meaning = meaning ?? { code: 'POSTGRES_STATEMENT_FAILED', passing: false };
  const sqlstate = state === undefined ? '' : ` (SQLSTATE ${state})`;
  return new SyncError(code, `PostgreSQL, ${doing}: ${messageOf(thrown)}${sqlstate}`, {
    passing,
    cause: thrown,
    ...(remedy === undefined ? {} : { remedy }),
  });
}

/** Whether PostgreSQL refused a value, so that the same rows will be refused again. */
export function isDataError(thrown: unknown): boolean {
  const state = sqlState(thrown);
  return state !== undefined && dataClasses.has(state.slice(0, 2));
}

/** The SQLSTATE of an error of PostgreSQL; undefined when the error is not from the server. */
export function sqlState(thrown: unknown): string | undefined {
  return thrown instanceof pg.DatabaseError ? thrown.code : undefined;
}

const tlsRefused = /does not support SSL|certificate|self.signed|altnames/i;

function meaningOfConnection(thrown: unknown): Meaning {
  if (tlsRefused.test(messageOf(thrown))) {
    return { ...unreachable, passing: false, remedy: 'Check POSTGRES_SSLMODE and POSTGRES_CA_FILE.' };
  }
  return unreachable;
}
