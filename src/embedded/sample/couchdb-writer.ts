import { Agent, request, type Dispatcher } from 'undici';
import { messageOf, SyncError } from '../../lib/index.js';

/** A CouchDB, or what speaks its protocol, and an admin of it. */
export interface Target {
  /** Such as `http://127.0.0.1:5984`, without credentials. */
  readonly url: string;
  readonly user: string;
  readonly password: string;
  readonly signal?: AbortSignal;
}

/** What CouchDB answered. */
export interface Answer {
  readonly status: number;
  readonly body: unknown;
}

/** Speaks to CouchDB as an admin, with a session cookie: it costs one password hash, not one a request. */
export class CouchDbWriter {
  readonly #agent = new Agent({ connections: 8 });
  readonly #url: string;
  #cookie: string | undefined;

  constructor(private readonly target: Target) {
    this.#url = target.url.replace(/\/+$/u, '');
  }

  /**
   * One request; a session that has run out is renewed.
   *
   * @param path - below the address, quoted already.
   * @param accepted - the statuses besides 2xx that are an answer.
   * @throws SyncError COUCHDB_UNREACHABLE, COUCHDB_UNAUTHORIZED or COUCHDB_ANSWER_INVALID; the reason of the signal.
   */
  async send(method: 'GET' | 'PUT' | 'POST', path: string, body?: unknown, accepted: number[] = []): Promise<Answer> {
    this.#cookie ??= await this.#signIn();
    let answer = await this.#once(method, path, body);
    if (answer.status === 401) {
      this.#cookie = await this.#signIn();
      answer = await this.#once(method, path, body);
    }
    const { status } = answer;
    if ((status >= 200 && status < 300) || accepted.includes(status)) return answer;
    throw refusal(`${method} ${this.#url}${path}`, answer);
  }

  /** Closes the connections. */
  async close(): Promise<void> {
    await this.#agent.close();
  }

  async #signIn(): Promise<string> {
    this.#cookie = undefined;
    const { user: name, password } = this.target;
    const answer = await this.#once('POST', '/_session', { name, password });
    if (answer.status !== 200) throw refusal(`POST ${this.#url}/_session`, answer);
    const cookie = [answer.headers['set-cookie']].flat().find((line) => line?.startsWith('AuthSession='));
    if (cookie !== undefined) return cookie.split(';', 1)[0] ?? '';
    throw new SyncError('COUCHDB_ANSWER_INVALID', `${this.#url} gave no session, so it is no CouchDB.`);
  }

  async #once(
    method: 'GET' | 'PUT' | 'POST',
    path: string,
    body?: unknown,
  ): Promise<Answer & { headers: Dispatcher.ResponseData['headers'] }> {
    const { signal } = this.target;
    signal?.throwIfAborted();
    let text: string;
    let response: Dispatcher.ResponseData;
    try {
      response = await request(this.#url + path, {
        method,
        dispatcher: this.#agent,
        headers: {
          accept: 'application/json',
          'content-type': 'application/json',
          ...(this.#cookie === undefined ? {} : { cookie: this.#cookie }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        ...(signal === undefined ? {} : { signal }),
      });
      text = await response.body.text();
    } catch (cause) {
      signal?.throwIfAborted();
      throw new SyncError('COUCHDB_UNREACHABLE', `${this.#url} could not be reached: ${messageOf(cause)}`, {
        remedy: 'Look whether it runs; what was written stays, and the next start goes on from there.',
        passing: true,
        cause,
      });
    }
    return { status: response.statusCode, headers: response.headers, body: parsed(text) };
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function refusal(what: string, { status, body }: Answer): SyncError {
  const words = typeof body === 'string' ? body.slice(0, 200) : JSON.stringify(body);
  const message = `${what} was answered with ${status}: ${words}`;
  if (status === 401 || status === 403) {
    return new SyncError('COUCHDB_UNAUTHORIZED', message, { remedy: 'The sample is written by an admin of CouchDB.' });
  }
  if (status === 429 || status >= 500) return new SyncError('COUCHDB_UNREACHABLE', message, { passing: true });
  return new SyncError('COUCHDB_ANSWER_INVALID', message);
}
