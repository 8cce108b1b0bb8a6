import type { IncomingHttpHeaders } from 'undici/types/header.js';
import { messageOf, SyncError, tlsFailure, type ErrorDetails, type TlsFailure } from '../lib/index.js';
import { retryAfterMs } from './retry-after.js';

const remedies = {
  unreachable:
    'Check that CouchDB runs and that COUCHDB_HOST, COUCHDB_PORT and COUCHDB_SECURE are right; couch2pg tries again by itself.',
  credentials: 'Check COUCHDB_USER and COUCHDB_PASSWORD; the user must be an admin or a member of the database.',
  missing: 'Check COUCHDB_DBS for misspelling.',
  httpsWanted: 'If it speaks https, set COUCHDB_SECURE=true.',
  certificateWanted: 'If it asks for a certificate, set COUCHDB_CERT_FILE and COUCHDB_KEY_FILE to one that it accepts.',
  sequence: 'Nothing: every id and revision is compared, what differs is mended, and the feed followed from there.',
  notCouchDb:
    'COUCHDB_HOST and COUCHDB_PORT must lead to CouchDB or the CHT itself; open the address in a browser to see.',
};

/** What nginx, for one, says in HTML. */
const saidByProxies: readonly (readonly [RegExp, string])[] = [
  [/plain HTTP request was sent to HTTPS/i, remedies.httpsWanted],
  [/SSL certificate/i, remedies.certificateWanted],
];

const tlsRemedies: Readonly<Record<TlsFailure['fault'], string>> = {
  authority: 'Set COUCHDB_CA_FILE to the certificate of the authority, if it is one of your own.',
  validity: 'Renew the certificate of CouchDB or of the proxy before it, and check the clock of both machines.',
  name: 'Set COUCHDB_HOST to a name that the certificate has, or have it made for this one.',
  protocol: 'Set COUCHDB_SECURE=false for plain http, or COUCHDB_PORT to the port of https.',
  'own-certificate': 'Set COUCHDB_CERT_FILE and COUCHDB_KEY_FILE to a certificate that it accepts.',
  other: 'Check COUCHDB_SECURE, and COUCHDB_CA_FILE if the certificate is of an authority of your own.',
};

/** Turns what the HTTP client threw into an error for users. An abort stays what it is. */
export function classifyTransportError(thrown: unknown, address: string): Error {
  if (thrown instanceof SyncError) return thrown;
  if (thrown instanceof Error && thrown.name === 'AbortError') return thrown;
  const failure = tlsFailure(thrown);
  if (failure !== undefined) {
    return new SyncError('COUCHDB_UNREACHABLE', `${address}: ${failure.words}`, {
      remedy: tlsRemedies[failure.fault],
      passing: false,
      cause: thrown,
    });
  }
  const isSilent = closedWithoutAnswer(thrown);
  const words = isSilent ? 'it closed the connection without an answer' : messageOf(thrown);
  const silence = address.startsWith('https:') ? remedies.certificateWanted : remedies.httpsWanted;
  return new SyncError('COUCHDB_UNREACHABLE', `${address}: ${words}`, {
    remedy: isSilent ? `${silence} couch2pg tries again by itself.` : remedies.unreachable,
    passing: true,
    cause: thrown,
  });
}

/** An answer whose status is not 200. */
interface RefusingAnswer {
  readonly statusCode: number;
  readonly headers: IncomingHttpHeaders;
}

/** The error for such an answer, with the pause that it asks for. */
export function statusError(address: string, { statusCode: status, headers }: RefusingAnswer, body: string): SyncError {
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
    const pauseMs = retryAfterMs(headers);
    const wait = pauseMs === undefined ? '' : ` (Retry-After: ${String(headers['retry-after'])})`;
    const pause = pauseMs === undefined ? {} : { retryAfterMs: pauseMs };
    return failed('COUCHDB_UNREACHABLE', `${said}${wait}`, { passing, remedy: remedies.unreachable, ...pause });
  }
  if (status === 400 && /malformed sequence/i.test(body)) {
    return failed('COUCHDB_SEQUENCE_REFUSED', said, { passing: true, remedy: remedies.sequence });
  }
  const remedy = saidByProxies.find(([words]) => status === 400 && words.test(body))?.[1];
  return failed('COUCHDB_ANSWER_INVALID', said, { remedy: remedy ?? remedies.notCouchDb });
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

/** So ends an http request to a port of https, and with TLS 1.3 a request to a server that refuses our certificate. */
function closedWithoutAnswer(thrown: unknown): boolean {
  const { code, socket } = (thrown ?? {}) as { code?: unknown; socket?: { bytesRead?: unknown } | null };
  return code === 'UND_ERR_SOCKET' && socket?.bytesRead === 0;
}
