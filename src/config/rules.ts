import type { Problem } from './problem.js';

/** The text of an option that was given, from wherever; undefined for one that was not. */
export type Given = (env: string) => string | undefined;

/** What must hold between options. */
export function problemsBetween(given: Given): Problem[] {
  return [...signIn(given, 'COUCHDB'), ...completePostgres(given)];
}

/** What holds but is likely not meant. */
export function doubtsBetween(given: Given): Problem[] {
  return [
    ...withoutHost(given, 'COUCHDB', 'source'),
    ...withoutHost(given, 'POSTGRES', 'PostgreSQL'),
    ...unusedCa(given),
  ];
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

function unusedCa(given: Given): Problem[] {
  const unused: Problem[] = [];
  if (given('COUCHDB_CA_FILE') !== undefined && given('COUCHDB_SECURE')?.toLowerCase() !== 'true') {
    unused.push({
      option: 'COUCHDB_CA_FILE',
      cause: 'not used, because COUCHDB_SECURE is not true',
      remedy: 'Set COUCHDB_SECURE=true to speak https.',
    });
  }
  if (given('POSTGRES_CA_FILE') !== undefined && given('POSTGRES_SSLMODE')?.toLowerCase() !== 'verify-full') {
    unused.push({
      option: 'POSTGRES_CA_FILE',
      cause: 'not used, because POSTGRES_SSLMODE is not verify-full',
      remedy: 'Set POSTGRES_SSLMODE=verify-full to have the certificate checked.',
    });
  }
  return unused;
}
