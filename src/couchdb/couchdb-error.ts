import { messageOf, SyncError, type ErrorDetails } from '../lib/index.js';

const remedies = {
  unreachable:
    'Check that CouchDB runs and that COUCHDB_HOST, COUCHDB_PORT and COUCHDB_SECURE are right; it is tried again.',
  tls: 'Check COUCHDB_SECURE, and COUCHDB_CA_FILE if the certificate is of an authority of your own.',
  credentials: 'Check COUCHDB_USER and COUCHDB_PASSWORD; the user must be an admin or a member of the database.',
  missing: 'Check COUCHDB_DBS for misspelling.',
  notCouchDb:
    'COUCHDB_HOST and COUCHDB_PORT must lead to CouchDB or the CHT itself; open the address in a browser to see.',
};

/** Codes of Node and OpenSSL for a certificate or protocol that does not fit. */
const tlsCode = /^(ERR_TLS|ERR_SSL|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_|HOSTNAME_MISMATCH|EPROTO)/;

/** Turns what the HTTP client threw into an error for users. An abort stays what it is. */
export function classifyTransportError(thrown: unknown, address: string): Error {
  if (thrown instanceof SyncError) return thrown;
  if (thrown instanceof Error && thrown.name === 'AbortError') return thrown;
  const code = (thrown as { code?: unknown } | null)?.code;
  if (typeof code === 'string' && tlsCode.test(code)) {
    return new SyncError('COUCHDB_UNREACHABLE', `${address}: TLS failed: ${messageOf(thrown)} (${code})`, {
      remedy: remedies.tls,
      passing: false,
      cause: thrown,
    });
  }
  return new SyncError('COUCHDB_UNREACHABLE', `${address}: ${messageOf(thrown)}`, {
    remedy: remedies.unreachable,
    passing: true,
    cause: thrown,
  });
}

/** The error for an answer whose status is not 200. */
export function statusError(address: string, status: number, body: string, retryAfter?: string | string[]): SyncError {
  const said = `${address} answered ${status}${reasonOf(body)}`;
  if (status === 401 || status === 403) return failed('COUCHDB_UNAUTHORIZED', said, { remedy: remedies.credentials });
  if (status === 404) {
    // A proxy's 404 is no JSON; CouchDB's is, and names the database.
    if (!body.trimStart().startsWith('{'))
      return failed('COUCHDB_ANSWER_INVALID', said, { remedy: remedies.notCouchDb });
    return failed('COUCHDB_DATABASE_MISSING', said, { remedy: remedies.missing });
  }
  const passing = status >= 500 || status === 408 || status === 413 || status === 429;
  if (passing) {
    const wait = retryAfter === undefined ? '' : ` (Retry-After: ${String(retryAfter)})`;
    return failed('COUCHDB_UNREACHABLE', `${said}${wait}`, { passing, remedy: remedies.unreachable });
  }
  return failed('COUCHDB_ANSWER_INVALID', said, { remedy: remedies.notCouchDb });
}

/** The error for an answer that is not what CouchDB answers. */
export function invalidAnswer(address: string, body: string): SyncError {
  const shown = body.replace(/\s+/g, ' ').trim().slice(0, 80);
  return failed('COUCHDB_ANSWER_INVALID', `${address} does not answer as CouchDB does, but: ${shown || 'nothing'}`, {
    remedy: remedies.notCouchDb,
  });
}

function failed(code: SyncError['code'], message: string, details: ErrorDetails): SyncError {
  return new SyncError(code, message, details);
}

function reasonOf(body: string): string {
  try {
    const { error, reason } = JSON.parse(body) as { error?: unknown; reason?: unknown };
    const words = [error, reason].filter((word): word is string => typeof word === 'string');
    return words.length === 0 ? '' : `: ${words.join(', ')}`;
  } catch {
    return '';
  }
}
