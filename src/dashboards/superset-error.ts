import { messageOf, SyncError, tlsFailure } from '../lib/index.js';

const remedies = {
  unreachable: 'Check that Superset runs and that SUPERSET_URL is right.',
  certificate:
    'Set SUPERSET_URL to a name that the certificate has; for an authority of your own, name its certificate in NODE_EXTRA_CA_CERTS.',
  notSuperset: 'SUPERSET_URL must be the address of Superset itself; open it in a browser to see.',
  credentials:
    "Check SUPERSET_USER and SUPERSET_PASSWORD: a user of Superset's own database, not of LDAP or a single sign-on.",
  permission: 'Use a user with the role Admin: only those may import connections to databases.',
  refused: 'The message has its words; its log says more.',
};

/** The error for a Superset that could not be spoken to. */
export function unreachable(address: string, thrown: unknown): SyncError {
  const cause = rootOf(thrown);
  const failure = tlsFailure(cause);
  const words = failure?.words ?? (isTimeout(thrown) ? 'it did not answer in time' : messageOf(cause));
  return new SyncError('SUPERSET_UNREACHABLE', `${address}: ${words}`, {
    remedy: failure === undefined ? remedies.unreachable : remedies.certificate,
    passing: failure === undefined,
    cause: thrown,
  });
}

/** The error for an answer that is not what Superset answers. */
export function notSuperset(address: string, status: number, body: string): SyncError {
  const shown = body.replace(/\s+/g, ' ').trim().slice(0, 80);
  return new SyncError(
    'SUPERSET_ANSWER_INVALID',
    `${address} does not answer as Superset does, but with ${status}: ${shown || 'nothing'}`,
    { remedy: remedies.notSuperset },
  );
}

/** The error for user and password that Superset did not take. */
export function wrongCredentials(address: string, user: string): SyncError {
  return new SyncError('SUPERSET_UNAUTHORIZED', `${address} refused the password of the user ${user}.`, {
    remedy: remedies.credentials,
  });
}

/** The error for an answer that tells of a failure; `what` was being done, such as "importing the dashboards". */
export function statusError(address: string, what: string, status: number, body: string): SyncError {
  const words = saidIn(body);
  const passing = status >= 502 || status === 429 || status === 408;
  if (words === undefined && !passing && status !== 403 && status !== 500) return notSuperset(address, status, body);
  const said = `${address}: ${what} was answered with ${status}${words === undefined ? '' : `: ${words}`}`;
  if (status === 401 || status === 403) {
    return new SyncError('SUPERSET_FORBIDDEN', said, { remedy: remedies.permission });
  }
  if (passing) return new SyncError('SUPERSET_UNREACHABLE', said, { remedy: remedies.unreachable, passing });
  return new SyncError('SUPERSET_REFUSED', said, { remedy: remedies.refused });
}

/**
 * What an answer says, in one line; undefined when it is not in the form of Superset's answers: `errors` with a message
 * and what each is about, or `message`, which may be a text or an object of texts.
 */
export function saidIn(body: string): string | undefined {
  let json: unknown;
  try {
    json = JSON.parse(body);
  } catch {
    return undefined;
  }
  const { errors, message, msg } = (json ?? {}) as { errors?: unknown; message?: unknown; msg?: unknown };
  const texts = Array.isArray(errors)
    ? errors.flatMap((error: unknown) => textsIn(error, ''))
    : textsIn(message ?? msg, '');
  return texts.length === 0 ? undefined : [...new Set(texts)].join('; ');
}

/** Members that are about Superset itself: codes, and where they are explained. */
const unimportant = new Set(['error_type', 'level', 'issue_codes', 'engine_name']);

function textsIn(value: unknown, path: string): string[] {
  if (typeof value === 'string') return [`${path === '' ? '' : `${path}: `}${value.replace(/\s+/g, ' ').trim()}`];
  if (Array.isArray(value)) return value.flatMap((item) => textsIn(item, path));
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value)
    .filter(([name]) => !unimportant.has(name))
    .flatMap(([name, item]) => {
      const inner = name === 'message' || name === 'extra' ? path : path === '' ? name : `${path}.${name}`;
      return textsIn(item, inner);
    });
}

/** `fetch` wraps what has really happened. */
function rootOf(thrown: unknown): unknown {
  const cause = thrown instanceof Error ? thrown.cause : undefined;
  return cause === undefined ? thrown : rootOf(cause);
}

function isTimeout(thrown: unknown): boolean {
  return thrown instanceof Error && thrown.name === 'TimeoutError';
}
