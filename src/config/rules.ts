import type { Problem } from './problem.js';

/** The text of an option that was given, from wherever; undefined for one that was not. */
export type Given = (env: string) => string | undefined;

/**
 * What must hold between options.
 *
 * @param serversInFile - whether CONFIG_FILE names the CouchDB servers: the COUCHDB_* options then only fill in.
 */
export function problemsBetween(given: Given, serversInFile: boolean): Problem[] {
  return [
    ...(serversInFile ? twoPlaces(given) : signIn(given, 'COUCHDB')),
    ...completePostgres(given),
    ...tlsOverSocket(given),
    ...keyPair(given, 'COUCHDB'),
    ...keyPair(given, 'POSTGRES'),
    ...signIn(given, 'SUPERSET_DB'),
  ];
}

/** What holds but is likely not meant. */
export function doubtsBetween(given: Given, serversInFile: boolean): Problem[] {
  return [
    ...(serversInFile ? [] : withoutHost(given, 'COUCHDB', 'source')),
    ...withoutHost(given, 'POSTGRES', 'PostgreSQL'),
    ...(serversInFile ? [] : unusedTls(given, 'COUCHDB_SECURE', 'COUCHDB', 'true')),
    ...unusedTls(given, 'POSTGRES_SSLMODE', 'POSTGRES', 'verify-full'),
  ];
}

function twoPlaces(given: Given): Problem[] {
  if (given('COUCHDB_HOST') === undefined) return [];
  const cause = 'CONFIG_FILE names CouchDB servers too';
  return [{ option: 'COUCHDB_HOST', cause, remedy: 'Name all servers in the file, or none of them.' }];
}

/** PostgreSQL speaks no TLS over a Unix socket. */
function tlsOverSocket(given: Given): Problem[] {
  const sslmode = given('POSTGRES_SSLMODE');
  if (given('POSTGRES_HOST')?.startsWith('/') !== true || (sslmode ?? 'disable').toLowerCase() === 'disable') return [];
  const problem = {
    option: 'POSTGRES_SSLMODE',
    value: sslmode ?? '',
    cause: 'POSTGRES_HOST is a Unix socket, which has no TLS',
  };
  return [{ ...problem, remedy: 'Set it to disable, or POSTGRES_HOST to a host.' }];
}

function keyPair(given: Given, name: string): Problem[] {
  const [cert, key] = [`${name}_CERT_FILE`, `${name}_KEY_FILE`];
  if (given(cert) !== undefined && given(key) === undefined) return [missing(key, `${cert} is set`)];
  if (given(cert) === undefined && given(key) !== undefined) return [missing(cert, `${key} is set`)];
  return [];
}

function signIn(given: Given, name: string): Problem[] {
  const [user, password] = [`${name}_USER`, `${name}_PASSWORD`];
  if (given(user) !== undefined && given(password) === undefined) return [missing(password, `${user} is set`)];
  if (given(user) === undefined && given(password) !== undefined) return [missing(user, `${password} is set`)];
  return [];
}

function completePostgres(given: Given): Problem[] {
  if (given('POSTGRES_HOST') === undefined) return [];
  return ['POSTGRES_USER', 'POSTGRES_PASSWORD', 'POSTGRES_DB']
    .filter((env) => given(env) === undefined)
    .map((env) => missing(env, 'POSTGRES_HOST is set'));
}

function missing(env: string, because: string): Problem {
  const file = env.endsWith('PASSWORD') ? `, or name a file that holds it in ${env}_FILE` : '';
  return { option: env, cause: `it is not set, but ${because}`, remedy: `Set ${env}${file}.` };
}

/** Credentials for a server that is not named would silently not be used. */
function withoutHost(given: Given, name: string, what: string): Problem[] {
  if (given(`${name}_HOST`) !== undefined) return [];
  const idle = [`${name}_USER`, `${name}_PASSWORD`, `${name}_PORT`].filter((env) => given(env) !== undefined);
  if (idle.length === 0) return [];
  return [
    {
      option: idle.join(', '),
      cause: `not used, because ${name}_HOST is not set: the embedded ${what} is used`,
      remedy: `Set ${name}_HOST to use a server of your own.`,
    },
  ];
}

/** Certificates for a connection that is not encrypted would silently not be used. */
function unusedTls(given: Given, mode: string, name: string, secure: string): Problem[] {
  const written = given(mode)?.toLowerCase() ?? 'disable';
  if (written !== 'disable' && written !== 'false') return [];
  const idle = ['CA', 'CERT'].map((what) => `${name}_${what}_FILE`).filter((env) => given(env) !== undefined);
  if (idle.length === 0) return [];
  const cause = `not used, because ${mode} is ${given(mode) === undefined ? 'not set' : written}`;
  return [{ option: idle.join(', '), cause, remedy: `Set ${mode}=${secure} to have them used.` }];
}
