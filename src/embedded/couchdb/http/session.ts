import { createHmac } from 'node:crypto';
import { CouchError } from '../couch-error.js';
import type { Databases } from '../store/databases.js';
import type { Exchange } from './exchange.js';
import { isPassword, sameText, type HashedPassword } from './password.js';

/** Who asks. */
export interface User {
  readonly name: string;
  readonly roles: readonly string[];
  readonly authenticated: 'cookie' | 'default';
}

/** What sessions need to know. */
export interface SessionOptions {
  readonly admin: { readonly user: string; readonly password: string };
  readonly databases: Databases;
  /** What cookies are signed with. */
  readonly secret: string;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly sessionSeconds: () => number;
}

/** CouchDB sends a new cookie when this part of the session's time is left, or less. */
const renewBelow = 0.9;
const handlers = ['cookie', 'default'];

/** Who may come in: one admin, and the users of `_users`, who may do the same but for the server's own switches. */
export class Sessions {
  constructor(private readonly options: SessionOptions) {}

  /** @throws CouchError 401 without a valid session or password. */
  async authenticate(exchange: Exchange): Promise<User> {
    const { authorization, cookie } = exchange.request.headers;
    const session = /(?:^|;\s*)AuthSession=([^;]+)/.exec(cookie ?? '')?.[1];
    if (session !== undefined) {
      const name = this.#readCookie(exchange, session);
      const roles = name === undefined ? undefined : await this.#roles(name);
      if (name !== undefined && roles !== undefined) return { name, roles, authenticated: 'cookie' };
    }
    const basic = /^basic\s+(\S+)$/i.exec(authorization ?? '')?.[1];
    if (basic === undefined) throw unauthorized('Authentication required.');
    const [, name = '', password = ''] = /^([^:]*):(.*)$/s.exec(Buffer.from(basic, 'base64').toString()) ?? [];
    return { name, roles: await this.#check(name, password), authenticated: 'default' };
  }

  /** `POST /_session`. */
  async signIn(exchange: Exchange): Promise<void> {
    const { name, password } = await credentials(exchange);
    const roles = await this.#check(name, password);
    this.#setCookie(exchange, name);
    await exchange.reply(200, { ok: true, name, roles });
  }

  /** `GET /_session`. */
  async show(exchange: Exchange, { name, roles, authenticated }: User): Promise<void> {
    await exchange.reply(200, {
      ok: true,
      userCtx: { name, roles },
      info: { authentication_handlers: handlers, authenticated },
    });
  }

  /** `DELETE /_session`. */
  async signOut(exchange: Exchange): Promise<void> {
    exchange.headers['Set-Cookie'] = 'AuthSession=; Version=1; Path=/; HttpOnly';
    await exchange.reply(200, { ok: true });
  }

  async #check(name: string, password: string): Promise<readonly string[]> {
    const { admin } = this.options;
    if (name === admin.user) {
      if (sameText(password, admin.password)) return ['_admin'];
    } else {
      const user = await this.#user(name);
      if (user !== undefined && (await isPassword(password, user))) return user.roles;
    }
    throw unauthorized('Name or password is incorrect.');
  }

  async #roles(name: string): Promise<readonly string[] | undefined> {
    return name === this.options.admin.user ? ['_admin'] : (await this.#user(name))?.roles;
  }

  async #user(name: string): Promise<(HashedPassword & { roles: string[] }) | undefined> {
    if (name === '') return undefined;
    const id = `org.couchdb.user:${name}`;
    const users = await this.options.databases.get('_users').catch(() => undefined);
    const [record] = (await users?.records([id])) ?? [];
    if (users === undefined || record === undefined || record.deleted) return undefined;
    const user = JSON.parse((await users.text(id, record, record.rev)) ?? '{}') as HashedPassword & { roles?: unknown };
    return { ...user, roles: Array.isArray(user.roles) ? user.roles.map(String) : [] };
  }

  /** The user that a cookie stands for; a cookie that will soon be too old is replaced. */
  #readCookie(exchange: Exchange, cookie: string): string | undefined {
    const [, name, time, signature] = /^(.+):([0-9a-f]+):([\w-]+)$/s.exec(
      Buffer.from(cookie, 'base64url').toString(),
    ) ?? [undefined, undefined, undefined, undefined];
    if (name === undefined || time === undefined || signature === undefined) return undefined;
    if (!sameText(signature, this.#sign(name, time))) return undefined;
    const seconds = this.options.sessionSeconds();
    const left = parseInt(time, 16) + seconds - this.#seconds();
    if (left <= 0) return undefined;
    if (left < seconds * renewBelow) this.#setCookie(exchange, name);
    return name;
  }

  #setCookie(exchange: Exchange, name: string): void {
    const time = this.#seconds().toString(16);
    const cookie = Buffer.from(`${name}:${time}:${this.#sign(name, time)}`).toString('base64url');
    const seconds = this.options.sessionSeconds();
    const expires = new Date(this.options.now() + seconds * 1000).toUTCString();
    exchange.headers['Set-Cookie'] =
      `AuthSession=${cookie}; Version=1; Expires=${expires}; Max-Age=${seconds}; Path=/; HttpOnly`;
  }

  #sign(name: string, time: string): string {
    return createHmac('sha256', this.options.secret).update(`${name}:${time}`).digest('base64url');
  }

  #seconds(): number {
    return Math.floor(this.options.now() / 1000);
  }
}

/** 401: not signed in, or not as somebody who exists. */
export function unauthorized(reason: string): CouchError {
  return new CouchError(401, 'unauthorized', reason, { 'WWW-Authenticate': 'Basic realm="server"' });
}

async function credentials(exchange: Exchange): Promise<{ name: string; password: string }> {
  const type = exchange.request.headers['content-type'] ?? '';
  let given: Record<string, unknown>;
  if (type.startsWith('application/x-www-form-urlencoded')) {
    given = Object.fromEntries(new URLSearchParams((await exchange.bytes()).toString()));
  } else {
    const { value } = await exchange.json();
    given = typeof value === 'object' && value !== null ? { ...value } : {};
  }
  const name = given.name ?? given.username;
  const { password } = given;
  if (typeof name !== 'string' || typeof password !== 'string') {
    throw new CouchError(400, 'bad_request', 'request body must contain name and password');
  }
  return { name, password };
}
