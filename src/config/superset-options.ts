import type { Option } from './option.js';
import { host, port, text, webAddress } from './option-types.js';

/** The part of the table of options that is about Superset. */
export const supersetOptions = {
  supersetUrl: {
    env: 'SUPERSET_URL',
    type: webAddress('https://superset.example.org'),
    unset: 'the Superset of `npm start -- --superset`',
    description: 'Where Superset is, for `cht-sync dashboards`.',
    group: 'Superset',
  },
  supersetUser: {
    env: 'SUPERSET_USER',
    type: text('user'),
    default: 'admin',
    description: 'The user to sign in to Superset: one with the role Admin, and a password in Superset itself.',
    group: 'Superset',
  },
  supersetPassword: {
    env: 'SUPERSET_PASSWORD',
    type: text('password'),
    description: 'The password of that user.',
    group: 'Superset',
    secret: true,
  },
  supersetDbHost: {
    env: 'SUPERSET_DB_HOST',
    type: host({ host: 'SUPERSET_DB_HOST', port: 'SUPERSET_DB_PORT', socket: true }),
    unset: '`POSTGRES_HOST`',
    description: 'Where PostgreSQL is, or a replica of it, as seen from where Superset runs.',
    group: 'Superset',
  },
  supersetDbPort: {
    env: 'SUPERSET_DB_PORT',
    type: port,
    unset: '`POSTGRES_PORT`',
    description: 'The port of PostgreSQL, as seen from there.',
    group: 'Superset',
  },
  supersetDbUser: {
    env: 'SUPERSET_DB_USER',
    type: text('user'),
    unset: '`POSTGRES_USER`',
    description: 'The role that dashboards read PostgreSQL as; one that may only read is best (`cht-sync grant`).',
    group: 'Superset',
  },
  supersetDbPassword: {
    env: 'SUPERSET_DB_PASSWORD',
    type: text('password'),
    unset: '`POSTGRES_PASSWORD`',
    description: 'The password of that role.',
    group: 'Superset',
    secret: true,
  },
  supersetPort: {
    env: 'SUPERSET_PORT',
    type: port,
    default: '8088',
    description:
      'The port of the Superset that `npm start -- --superset` starts; the next free one if this default is taken.',
    group: 'Superset',
  },
} as const satisfies Readonly<Record<string, Option<unknown>>>;
