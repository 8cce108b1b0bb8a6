import { options, type Config } from './options.js';
import type { Option } from './option.js';

/** Every text of a configuration that must not appear in a log: passwords, and the credentials inside addresses. */
export function secretsOf(config: Config): string[] {
  const secrets: string[] = [];
  for (const [key, option] of Object.entries<Option<unknown>>(options)) {
    const value = config[key as keyof Config];
    if (typeof value !== 'string') continue;
    if (option.secret === true) secrets.push(value);
    else if (option.type.show !== undefined) secrets.push(...credentialsIn(value));
  }
  secrets.push(...config.couchdbServers.flatMap(({ password }) => password ?? []));
  return secrets;
}

/** The password of `scheme://user:password@host`, or the token of `scheme://token@host`. */
function credentialsIn(address: string): string[] {
  const [, user, password] = /^[a-z][a-z0-9+.-]*:\/\/([^:@/]*)(?::([^@]*))?@/i.exec(address) ?? [];
  const secret = password ?? user;
  return secret === undefined || secret === '' ? [] : [secret];
}
