import { Agent, fetch, type FormData, type Response } from 'undici';
import { z } from 'zod';
import { notSuperset, saidIn, statusError, unreachable, wrongCredentials } from './superset-error.js';

/** Where a Superset is and who signs in. */
export interface SupersetAccess {
  /** Such as `https://superset.example.org`, with the path before Superset's own, if there is one. */
  readonly url: string;
  readonly user: string;
  readonly password: string;
}

const loginSchema = z.object({ access_token: z.string() });
const tokenSchema = z.object({ result: z.string() });

/** An import or a first look at a slow database may take minutes. */
const answerLimitMs = 5 * 60_000;
const redirects = 300;
const failures = 400;

/** What is asked: `what` is for errors, such as "listing the dashboards". */
interface Request {
  readonly what: string;
  readonly path: string;
  readonly json?: unknown;
  readonly form?: FormData;
}

/**
 * Speaks to Superset's REST API: https://superset.apache.org/docs/api. Besides the token of the user, what changes something
 * needs a token against forged requests and the session cookie that belongs to it.
 */
export class SupersetClient {
  readonly #url: string;
  /** Each request has a connection of its own: Superset's server closes those that pause for two seconds, also under a request. */
  readonly #agent = new Agent({ pipelining: 0 });
  #headers: Record<string, string> = { accept: 'application/json' };

  private constructor(url: string) {
    this.#url = url.replace(/\/+$/, '');
  }

  /**
   * Signs in.
   *
   * @throws SyncError SUPERSET_UNREACHABLE, SUPERSET_ANSWER_INVALID, SUPERSET_UNAUTHORIZED.
   */
  static async signIn({ url, user, password }: SupersetAccess): Promise<SupersetClient> {
    const client = new SupersetClient(url);
    await client.#signIn(user, password);
    return client;
  }

  /** Scheme, host, port and path before Superset's own. */
  get url(): string {
    return this.#url;
  }

  /**
   * Asks for a JSON answer and checks its form; with `json`, by POST.
   *
   * @throws SyncError SUPERSET_*.
   */
  async json<T>(request: Request, schema: z.ZodType<T>): Promise<T> {
    const response = await this.#checked(request);
    return this.#parsed(request.path, response, await response.text(), schema);
  }

  /** Asks for bytes. @throws SyncError SUPERSET_*. */
  async bytes(request: Request): Promise<Uint8Array> {
    const response = await this.#checked(request);
    return new Uint8Array(await response.arrayBuffer());
  }

  /** Asks for a page; undefined when there is none. @throws SyncError SUPERSET_UNREACHABLE. */
  async page(path: string): Promise<string | undefined> {
    const response = await this.#send({ what: 'looking at it', path }, { accept: 'text/html' });
    const text = await response.text();
    return response.status === 200 ? text : undefined;
  }

  async #signIn(user: string, password: string): Promise<void> {
    const path = '/api/v1/security/login';
    const credentials = { username: user, password, provider: 'db', refresh: false };
    const response = await this.#send({ what: 'signing in', path, json: credentials });
    const text = await response.text();
    if (response.status === 401 && saidIn(text) !== undefined) throw wrongCredentials(this.#url, user);
    if (response.status >= redirects) throw this.#failed({ what: 'signing in', path }, response.status, text);
    const { access_token: token } = this.#parsed(path, response, text, loginSchema);
    this.#headers = { ...this.#headers, authorization: `Bearer ${token}` };

    const forged = await this.#checked({ what: 'asking for a token', path: '/api/v1/security/csrf_token/' });
    const { result } = this.#parsed(path, forged, await forged.text(), tokenSchema);
    const cookies = forged.headers.getSetCookie().map((cookie) => cookie.split(';', 1)[0] ?? '');
    this.#headers = {
      ...this.#headers,
      'x-csrftoken': result,
      cookie: cookies.join('; '),
      // Over https a request that does not say where it comes from counts as forged.
      referer: `${this.#url}/`,
    };
  }

  async #checked(request: Request): Promise<Response> {
    const response = await this.#send(request);
    if (response.status < redirects) return response;
    throw this.#failed(request, response.status, await response.text());
  }

  #failed({ what, path }: Request, status: number, text: string): Error {
    // Superset sends who is not signed in to a page; so does a proxy before it.
    if (status < failures) return notSuperset(`${this.#url}${path}`, status, 'a redirect');
    return statusError(this.#url, what, status, text);
  }

  async #send({ path, json, form }: Request, headers?: Record<string, string>): Promise<Response> {
    const body = form ?? (json === undefined ? undefined : JSON.stringify(json));
    try {
      return await fetch(`${this.#url}${path}`, {
        method: body === undefined ? 'GET' : 'POST',
        headers: {
          ...this.#headers,
          ...headers,
          ...(json === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === undefined ? {} : { body }),
        redirect: 'manual',
        dispatcher: this.#agent,
        signal: AbortSignal.timeout(answerLimitMs),
      });
    } catch (error) {
      throw unreachable(this.#url, error);
    }
  }

  #parsed<T>(path: string, { status }: Response, text: string, schema: z.ZodType<T>): T {
    try {
      return schema.parse(JSON.parse(text));
    } catch {
      throw notSuperset(`${this.#url}${path}`, status, text);
    }
  }
}
