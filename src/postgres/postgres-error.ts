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

/**
 * Who is at fault when PostgreSQL refuses a write: the documents in it, which will be refused again; the server or the way
 * to it, which would refuse others just as well; or it cannot be told from the error.
 */
export type Blame = 'document' | 'server' | 'unclear';

/** Data that PostgreSQL cannot hold, and limits exceeded. */
const blamesDocument: ReadonlySet<string> = new Set(['22', '54']);
/**
 * Connections, transactions, privileges, resources, operators' doings, input and output. Of the resources, memory (53200)
 * is left out: a document may ask for more than there is.
 */
const blamesServer: ReadonlySet<string> = new Set([
  ...['08', '25', '28', '3D', '40', '55', '57', '58'],
  ...['42501', '53000', '53100', '53300', '53400'],
]);

/** Tells who is at fault when a write of documents has failed. */
export function blameFor(thrown: unknown): Blame {
  const state = sqlState(thrown);
  if (state === undefined) return 'server';
  const isIn = (states: ReadonlySet<string>) => states.has(state) || states.has(state.slice(0, 2));
  if (isIn(blamesDocument)) return 'document';
  return isIn(blamesServer) ? 'server' : 'unclear';
}

/**
 * Waits for a statement and gives its error as one for users.
 *
 * @param doing - what was tried, for the message: "reading the checkpoint of h/medic".
 * @throws SyncError POSTGRES_*.
 */
export async function classified<T>(doing: string, statement: Promise<T>): Promise<T> {
  try {
    return await statement;
  } catch (error) {
    throw classifyPostgresError(error, doing);
  }
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
