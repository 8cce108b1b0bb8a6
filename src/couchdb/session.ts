import type { Pool } from 'undici';
import { classifyTransportError, invalidAnswer, statusError } from './couchdb-error.js';

/** A CouchDB user. */
export interface Credentials {
  readonly user: string;
  readonly password: string;
}

/**
 * A session cookie: signing in once costs CouchDB one slow password hash, where basic authentication costs one a request.
 * https://docs.couchdb.org/en/stable/api/server/authn.html#cookie-authentication
 */
export class Session {
  #cookie: string | undefined;
  #signingIn: Promise<string> | undefined;

  constructor(
    private readonly pool: Pool,
    private readonly url: string,
    private readonly credentials: Credentials,
    /** Hashing a password may take CouchDB a while. */
    private readonly answerTimeoutMs: number,
  ) {}

  /**
   * The `Cookie` header to send; signs in when there is none. Requests that come meanwhile wait for the same sign-in.
   *
   * @throws SyncError COUCHDB_UNAUTHORIZED when CouchDB refuses the credentials; COUCHDB_* otherwise.
   */
  async cookie(signal?: AbortSignal): Promise<string> {
    if (this.#cookie !== undefined) return this.#cookie;
    // It is shared by all who wait, so it must not end with the one who came first.
    this.#signingIn ??= this.#signIn().finally(() => (this.#signingIn = undefined));
    return signal === undefined ? this.#signingIn : Promise.race([this.#signingIn, aborted(signal)]);
  }

  /** CouchDB has refused the cookie. */
  expire(): void {
    this.#cookie = undefined;
  }

  /** Takes the fresh cookie that CouchDB sends with an answer when the old one nears its end. */
  renew(setCookie: string | string[] | undefined): void {
    const fresh = authCookie(setCookie);
    if (fresh !== undefined) this.#cookie = fresh;
  }

  async #signIn(): Promise<string> {
    const address = `${this.url}/_session`;
    let answer: Awaited<ReturnType<Pool['request']>>;
    let text: string;
    try {
      answer = await this.pool.request({
        method: 'POST',
        path: '/_session',
        headers: { 'content-type': 'application/json', accept: 'application/json' },
        body: JSON.stringify({ name: this.credentials.user, password: this.credentials.password }),
        headersTimeout: this.answerTimeoutMs,
        bodyTimeout: this.answerTimeoutMs,
      });
      text = await answer.body.text();
    } catch (error) {
      throw classifyTransportError(error, address);
    }
    const cookie = authCookie(answer.headers['set-cookie']);
    if (answer.statusCode !== 200) throw statusError(address, answer, text);
    if (cookie === undefined) throw invalidAnswer(address, text);
    this.#cookie = cookie;
    return cookie;
  }
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const fail = () => reject(signal.reason as Error);
    if (signal.aborted) fail();
    else signal.addEventListener('abort', fail, { once: true });
  });
}

function authCookie(setCookie: string | string[] | undefined): string | undefined {
  for (const header of [setCookie ?? []].flat()) {
    const pair = header.split(';', 1)[0]?.trim();
    if (pair?.startsWith('AuthSession=') === true && pair !== 'AuthSession=') return pair;
  }
  return undefined;
}
