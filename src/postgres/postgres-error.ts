import pg from 'pg';
import { messageOf, SyncError, tlsFailure, type ErrorCode, type TlsFailure } from '../lib/index.js';
import { remedyForPrivilege } from './grants/privileges.js';

/** What an SQLSTATE (or its class, the first two characters) means for us. https://www.postgresql.org/docs/current/errcodes-appendix.html */
interface Meaning {
  readonly code: ErrorCode;
  readonly passing: boolean;
  readonly remedy?: string;
}

const unreachable: Meaning = {
  code: 'POSTGRES_UNREACHABLE',
  passing: true,
  remedy:
    'Check that PostgreSQL runs and that POSTGRES_HOST and POSTGRES_PORT are right; couch2pg and the dataemon try again by themselves.',
};
const wrongCredentials: Meaning = {
  code: 'POSTGRES_UNAUTHORIZED',
  passing: false,
  remedy: 'Check POSTGRES_USER and POSTGRES_PASSWORD.',
};
const unwritable = (remedy: string): Meaning => ({ code: 'POSTGRES_UNWRITABLE', passing: false, remedy });
const again: Meaning = { code: 'POSTGRES_STATEMENT_FAILED', passing: true };
const missing: Meaning = {
  code: 'POSTGRES_STATEMENT_FAILED',
  passing: false,
  remedy:
    'A schema that was dropped is made again by couch2pg, and filled. Of a table that was dropped alone, drop its schema, too.',
};

const meanings: Readonly<Record<string, Meaning>> = {
  '08': unreachable,
  '57P01': unreachable,
  '57P02': unreachable,
  '57P03': unreachable,
  '53300': { ...unreachable, remedy: 'PostgreSQL has no connection left: raise max_connections or close others.' },
  '28': wrongCredentials,
  '3D000': { code: 'POSTGRES_UNAUTHORIZED', passing: false, remedy: 'Create the database, or correct POSTGRES_DB.' },
  '25006': unwritable('PostgreSQL is read-only (a standby?): point POSTGRES_HOST at the primary.'),
  '42501': { code: 'POSTGRES_UNWRITABLE', passing: false },
  '53100': { ...unwritable('The disk of PostgreSQL is full: free space.'), passing: true },
  '53': again,
  // Serialization failure, deadlock, lock timeout, statement cancelled, idle-in-transaction timeout.
  '40': again,
  '55P03': again,
  '57014': again,
  '25P03': unreachable,
  '42P01': missing,
  '3F000': missing,
};

/**
 * Turns what `pg` threw into an error for users.
 *
 * @param doing - what was tried, for the message: "writing to v1.couchdb".
 */
export function classifyPostgresError(thrown: unknown, doing: string): SyncError {
  if (thrown instanceof SyncError) return thrown;
  const state = sqlState(thrown);
  const known = state === undefined ? unreachable : (meanings[state] ?? meanings[state.slice(0, 2)]);
  const meaning = meaningOfTls(thrown) ?? known;
  const { code, passing, ...found }: Meaning = meaning ?? { code: 'POSTGRES_STATEMENT_FAILED', passing: false };
  const remedy = state === '42501' ? remedyForPrivilege(messageOf(thrown)) : found.remedy;
  const sqlstate = state === undefined ? '' : ` (SQLSTATE ${state})`;
  return new SyncError(code, `PostgreSQL, ${doing}: ${tlsFailure(thrown)?.words ?? messageOf(thrown)}${sqlstate}`, {
    passing,
    cause: thrown,
    ...(remedy === undefined ? {} : { remedy }),
  });
}

/** Whether an error for users says that a table or schema is not there. */
export function isOfMissingTable(error: SyncError): boolean {
  const state = sqlState(error.cause);
  return state !== undefined && meanings[state] === missing;
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
  ...['42501', '42P01', '3F000', '53000', '53100', '53300', '53400'],
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

const tlsRemedies: Readonly<Record<TlsFailure['fault'], string>> = {
  authority: 'Set POSTGRES_CA_FILE to the certificate of the authority, if it is one of your own.',
  validity: 'Renew the certificate of PostgreSQL, and check the clock of both machines.',
  name: 'Set POSTGRES_HOST to a name that the certificate has, or POSTGRES_SSLMODE=verify-ca to leave the name unchecked.',
  protocol: 'Check POSTGRES_PORT; POSTGRES_SSLMODE=disable is for a server without TLS.',
  'own-certificate': 'Set POSTGRES_CERT_FILE and POSTGRES_KEY_FILE to a certificate that it accepts.',
  other: 'Check POSTGRES_SSLMODE and POSTGRES_CA_FILE.',
};

/** What `pg` and PostgreSQL say of a connection whose encryption is not as one of the two wants it. */
const wordsOnTls: readonly (readonly [RegExp, string])[] = [
  [/does not support SSL/, 'Turn on ssl in PostgreSQL, or set POSTGRES_SSLMODE=disable.'],
  [/pg_hba\.conf .*no encryption/, 'Set POSTGRES_SSLMODE=verify-full or require: it takes encrypted connections only.'],
  [/valid client certificate|certificate authentication failed/, tlsRemedies['own-certificate']],
];

function meaningOfTls(thrown: unknown): Meaning | undefined {
  const failure = tlsFailure(thrown);
  const remedy = failure && tlsRemedies[failure.fault];
  const said = wordsOnTls.find(([words]) => words.test(messageOf(thrown)))?.[1];
  return remedy === undefined && said === undefined
    ? undefined
    : { ...unreachable, passing: false, remedy: said ?? remedy ?? '' };
}
