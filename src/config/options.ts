import type { Option, ValueOf } from './option.js';
import type { ServerConfig } from './servers.js';
import { boolean, databases, host, identifier, integer, oneOf, packageUrl, path, port, text } from './option-types.js';
import { supersetOptions } from './superset-options.js';

const file = path('file');
const folder = path('folder');

/** The table of options. Environment, flags, help, reference, checks and the type of the configuration come from it. */
export const options = {
  configFile: {
    env: 'CONFIG_FILE',
    type: file,
    unset: 'no file',
    description: 'A YAML or JSON file that names several CouchDB servers, and may set every other option.',
    group: 'General',
  },
  couchdbHost: {
    env: 'COUCHDB_HOST',
    type: host({
      host: 'COUCHDB_HOST',
      port: 'COUCHDB_PORT',
      secure: { env: 'COUCHDB_SECURE', of: (scheme) => String(scheme === 'https') },
    }),
    unset: 'the embedded source with sample data',
    description: 'Where CouchDB is.',
    group: 'CouchDB',
  },
  couchdbPort: {
    env: 'COUCHDB_PORT',
    type: port,
    default: '5984',
    description: 'The port of CouchDB; often 443 behind a proxy.',
    group: 'CouchDB',
  },
  couchdbUser: {
    env: 'COUCHDB_USER',
    type: text('user'),
    description: 'The user to sign in to CouchDB: an admin, or a member of the databases.',
    group: 'CouchDB',
  },
  couchdbPassword: {
    env: 'COUCHDB_PASSWORD',
    type: text('password'),
    description: 'The password of that user.',
    group: 'CouchDB',
    secret: true,
  },
  couchdbDbs: {
    env: 'COUCHDB_DBS',
    type: databases,
    default: {
      words: '`medic`; all four sample databases of the embedded source',
      from: (given) => (given('COUCHDB_HOST') === undefined ? 'medic,medic-sentinel,medic-users-meta,_users' : 'medic'),
    },
    description: 'The databases to follow.',
    group: 'CouchDB',
  },
  couchdbSecure: {
    env: 'COUCHDB_SECURE',
    type: boolean,
    default: 'false',
    description: 'Whether CouchDB is spoken to over https.',
    group: 'CouchDB',
  },
  couchdbCaFile: {
    env: 'COUCHDB_CA_FILE',
    type: file,
    unset: "Node's own authorities",
    description: "A file with the certificates of the authorities to trust for CouchDB's certificate, in PEM.",
    group: 'CouchDB',
  },
  couchdbCertFile: {
    env: 'COUCHDB_CERT_FILE',
    type: file,
    unset: 'none is shown',
    description: 'A file with the certificate to show to CouchDB, or the proxy before it, in PEM.',
    group: 'CouchDB',
  },
  couchdbKeyFile: {
    env: 'COUCHDB_KEY_FILE',
    type: file,
    description: 'A file with the private key of that certificate, in PEM.',
    group: 'CouchDB',
  },
  couchdbFeed: {
    env: 'COUCHDB_FEED',
    type: oneOf('continuous', 'longpoll'),
    default: 'continuous',
    description:
      'How new changes are waited for: by one open response (`continuous`), or by a request for each round (`longpoll`), for proxies that hold back what has not ended.',
    group: 'CouchDB',
  },
  couchdbReaders: {
    env: 'COUCHDB_READERS',
    type: integer('readers', 1, 16),
    default: '4',
    description:
      "How many requests the first load of a server's databases may make at once; 1 loads by the changes feed alone. More are used only where CouchDB is the slower side.",
    group: 'CouchDB',
  },
  postgresHost: {
    env: 'POSTGRES_HOST',
    type: host({ host: 'POSTGRES_HOST', port: 'POSTGRES_PORT', socket: true }),
    unset: 'the embedded PostgreSQL',
    description: 'Where PostgreSQL is.',
    group: 'PostgreSQL',
  },
  postgresPort: {
    env: 'POSTGRES_PORT',
    type: port,
    default: '5432',
    description: 'The port of PostgreSQL.',
    group: 'PostgreSQL',
  },
  postgresUser: {
    env: 'POSTGRES_USER',
    type: text('user'),
    description: 'The role to sign in to PostgreSQL.',
    group: 'PostgreSQL',
  },
  postgresPassword: {
    env: 'POSTGRES_PASSWORD',
    type: text('password'),
    description: 'The password of that role.',
    group: 'PostgreSQL',
    secret: true,
  },
  postgresDb: {
    env: 'POSTGRES_DB',
    type: text('database'),
    description: 'The database of PostgreSQL to write to.',
    group: 'PostgreSQL',
  },
  postgresSchema: {
    env: 'POSTGRES_SCHEMA',
    type: identifier,
    default: 'v1',
    description: 'The schema of the tables and models.',
    group: 'PostgreSQL',
  },
  postgresTable: {
    env: 'POSTGRES_TABLE',
    type: identifier,
    default: 'couchdb',
    description: 'The table of documents.',
    group: 'PostgreSQL',
  },
  rootPostgresSchema: {
    env: 'ROOT_POSTGRES_SCHEMA',
    type: identifier,
    default: { words: '`POSTGRES_SCHEMA`', from: (given) => given('POSTGRES_SCHEMA') ?? 'v1' },
    description: 'The schema that the models read the table of documents from.',
    group: 'PostgreSQL',
  },
  postgresSslmode: {
    env: 'POSTGRES_SSLMODE',
    type: { ...oneOf('disable', 'require', 'verify-ca', 'verify-full'), placeholder: 'mode' },
    default: 'disable',
    description:
      '`disable`: not encrypted; `require`: encrypted; `verify-ca`: the certificate of the server is checked, too; `verify-full`: and its name. With `POSTGRES_CA_FILE`, `require` is `verify-ca`, as in libpq.',
    group: 'PostgreSQL',
  },
  postgresCaFile: {
    env: 'POSTGRES_CA_FILE',
    type: file,
    unset: "Node's own authorities",
    description: "A file with the certificates of the authorities to trust for PostgreSQL's certificate, in PEM.",
    group: 'PostgreSQL',
  },
  postgresCertFile: {
    env: 'POSTGRES_CERT_FILE',
    type: file,
    unset: 'none is shown',
    description: 'A file with the certificate to show to PostgreSQL, in PEM.',
    group: 'PostgreSQL',
  },
  postgresKeyFile: {
    env: 'POSTGRES_KEY_FILE',
    type: file,
    description: 'A file with the private key of that certificate, in PEM, without a passphrase.',
    group: 'PostgreSQL',
  },
  batchSize: {
    env: 'BATCH_SIZE',
    type: integer('rows', 1, 100_000),
    default: '5000',
    description: 'The most documents written in one transaction.',
    group: 'couch2pg',
  },
  batchBytes: {
    env: 'BATCH_BYTES',
    type: integer('bytes', 65_536, 1_073_741_824),
    default: '8388608',
    description: 'A transaction is closed when its documents have this size. What is held in memory grows with it.',
    group: 'couch2pg',
  },
  batchLingerMs: {
    env: 'BATCH_LINGER_MS',
    type: integer('milliseconds', 0, 60_000),
    default: '20',
    description: 'How long a transaction that is not full waits for another document.',
    group: 'couch2pg',
  },
  dataemonInterval: {
    env: 'DATAEMON_INTERVAL',
    type: integer('seconds', 1, 86_400),
    default: '5',
    description: 'How often the dataemon looks for changes by itself, besides being told of them.',
    group: 'dataemon',
  },
  dbtThreadCount: {
    env: 'DBT_THREAD_COUNT',
    type: integer('threads', 1, 64),
    default: '1',
    description: 'How many models dbt builds at once.',
    group: 'dataemon',
  },
  dbtBatchSize: {
    env: 'DBT_BATCH_SIZE',
    type: integer('rows', 0, 1_000_000_000),
    default: '0',
    description: 'The most documents that one run of a model takes; 0 for all there are.',
    group: 'dataemon',
  },
  dbtBatchOrder: {
    env: 'DBT_BATCH_ORDER',
    type: oneOf('oldest', 'newest'),
    default: 'oldest',
    description:
      'With DBT_BATCH_SIZE, from which documents on tables fill that are not there yet. Models that can take documents only in their order are filled from the oldest on, after what they read.',
    group: 'dataemon',
  },
  dbtIncrements: {
    env: 'DBT_INCREMENTS',
    type: oneOf('auto', 'dbt'),
    default: 'auto',
    description:
      'How models are brought up to date: auto for the compiled statements of models that allow it, dbt for a run of dbt always.',
    group: 'dataemon',
  },
  dbtSelector: {
    env: 'DBT_SELECTOR',
    type: text('selector', "a selector in dbt's words"),
    unset: 'all models',
    description: 'Which models this dataemon builds.',
    group: 'dataemon',
  },
  dbtLocalPath: {
    env: 'DBT_LOCAL_PATH',
    type: folder,
    unset: 'the bundled package, if no other is named',
    description: 'The folder of a dbt package to build instead of the bundled one. Goes before the two below.',
    group: 'dataemon',
  },
  chtPipelineBranchUrl: {
    env: 'CHT_PIPELINE_BRANCH_URL',
    type: packageUrl('url', 'https://github.com/medic/cht-pipeline.git#main'),
    description: 'The git repository of a dbt package, with a revision after `#`. Goes before a tarball.',
    group: 'dataemon',
  },
  dbtPackageTarballUrl: {
    env: 'DBT_PACKAGE_TARBALL_URL',
    type: packageUrl('url', 'https://example.org/package.tar.gz'),
    description: 'The tarball of a dbt package.',
    group: 'dataemon',
  },
  dbtRunTimeout: {
    env: 'DBT_RUN_TIMEOUT',
    type: integer('seconds', 1, 604_800),
    default: '3600',
    description: 'An increment of the models that takes longer is given up, and dbt started anew.',
    group: 'dataemon',
  },
  dbtRebuildTimeout: {
    env: 'DBT_REBUILD_TIMEOUT',
    type: integer('seconds', 1, 2_000_000),
    default: '86400',
    description: 'Making tables anew may take so long; then it is given up, and tried again after a pause.',
    group: 'dataemon',
  },
  dbtTestInterval: {
    env: 'DBT_TEST_INTERVAL',
    type: integer('minutes', 0, 525_600),
    default: '0',
    description: 'How often the data tests of the dbt package are run, beside the models; 0 for never.',
    group: 'dataemon',
  },
  metricsPort: {
    env: 'METRICS_PORT',
    type: integer('port', 0, 65_535),
    default: '9399',
    description: 'The port of `/metrics`, `/healthz` and `/readyz`; 0 for none.',
    group: 'Monitoring',
  },
  metricsHost: {
    env: 'METRICS_HOST',
    type: host({ host: 'METRICS_HOST', port: 'METRICS_PORT' }),
    default: '127.0.0.1',
    description: 'The address they listen on; `0.0.0.0` for all.',
    group: 'Monitoring',
  },
  logLevel: {
    env: 'LOG_LEVEL',
    type: oneOf('debug', 'info', 'warn', 'error', 'silent'),
    default: 'info',
    description: 'The least important lines that are logged.',
    group: 'Monitoring',
  },
  logFormat: {
    env: 'LOG_FORMAT',
    type: oneOf('auto', 'json', 'text'),
    default: 'auto',
    description:
      'How log lines are written; `auto` is `text` for `cht-sync start` and on a terminal, otherwise `json`.',
    group: 'Monitoring',
  },
  ...supersetOptions,
  embeddedDataDir: {
    env: 'EMBEDDED_DATA_DIR',
    type: folder,
    default: '.cht-sync',
    description:
      'The folder for what the commands keep: installed packages, and the data, passwords and log of `start`.',
    group: 'Embedded demonstration',
  },
  embeddedPostgresPort: {
    env: 'EMBEDDED_POSTGRES_PORT',
    type: port,
    default: '54320',
    description: 'The port of the embedded PostgreSQL; the next free one if this default is taken.',
    group: 'Embedded demonstration',
  },
  embeddedCouchdbPort: {
    env: 'EMBEDDED_COUCHDB_PORT',
    type: port,
    default: '59840',
    description: 'The port of the embedded source; the next free one if this default is taken.',
    group: 'Embedded demonstration',
  },
  sampleDocuments: {
    env: 'SAMPLE_DOCUMENTS',
    type: integer('documents', 0, 10_000_000),
    default: '20000',
    description: 'How many documents the embedded source is filled with, when it is new.',
    group: 'Embedded demonstration',
  },
  sampleSeed: {
    env: 'SAMPLE_SEED',
    type: integer('number', 0, 4_294_967_295),
    default: '1',
    description: 'What the documents are made from, with the time of the first start, up to which they are dated.',
    group: 'Embedded demonstration',
  },
} as const satisfies Readonly<Record<string, Option<unknown>>>;

/** The name of an option in the code. */
export type OptionKey = keyof typeof options;

/** The value of every option, checked. */
export type OptionValues = { readonly [K in OptionKey]: ValueOf<(typeof options)[K]> };

/** The configuration, checked. */
export type Config = OptionValues & {
  /** The CouchDB servers to follow; none: the embedded source. */
  readonly couchdbServers: readonly ServerConfig[];
};

/** Every option with its name in the code, in the table's order. */
export const optionList: readonly (Option<unknown> & { readonly key: OptionKey })[] = Object.entries<Option<unknown>>(
  options,
).map(([key, option]) => ({ ...option, key: key as OptionKey }));
