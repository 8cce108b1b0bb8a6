import { randomBytes } from 'node:crypto';
import { cp, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { startEmbeddedCouchDb, startEmbeddedPostgres } from '../../src/embedded/index.js';
import { createLog, systemClock } from '../../src/lib/index.js';
import { askCouchDb } from '../end-to-end/support/couchdb-text.js';
import { medicDocuments } from '../end-to-end/support/deployment.js';
import { couchDbVariables } from '../end-to-end/support/environment.js';
import { watchArguments, type ArgumentWatch } from '../support/argument-watch.js';
import { Command } from '../support/command.js';
import type { TestCouchDb } from '../support/couchdb.js';
import { Disposables } from '../support/disposables.js';
import { freePort } from '../support/global-postgres.js';
import { filesWithSecret, formsOf } from '../support/secrets.js';
import { createTemporaryFolder } from '../support/temporary-folder.js';

/** Of characters that each of URLs, JSON, SQL and HTTP writes in another way. */
const awkward = (name: string) => `${name} p@ss/w'rd:%+"ü ${randomBytes(6).toString('hex')}`;

/** Every secret that the run is given, with the user it belongs to. */
export const secrets = {
  couchdb: ['sync admin', awkward('couchdb')],
  wrongCouchdb: ['sync admin', awkward('wrong')],
  writer: ['writer', awkward('writer')],
  modeler: ['modeler', awkward('modeler')],
  reader: ['reader', awkward('reader')],
  wrongPostgres: ['writer', awkward('nobody')],
  token: ['git', `t0ken-${randomBytes(12).toString('hex')}`],
  derivedKey: ['jane', randomBytes(20).toString('hex')],
  salt: ['jane', randomBytes(16).toString('hex')],
  rejectedKey: ['big', randomBytes(20).toString('hex')],
} as const;

/** What to look for of a secret, which ends in characters that are the same in every notation. */
const forms = ([user, secret]: readonly [string, string]) => formsOf(secret, /[\da-f]+$/.exec(secret)![0], user);

/** A role of the run. */
export type Role = 'owner' | 'writer' | 'modeler' | 'reader';

const repository = join(import.meta.dirname, '../..');

/** A CouchDB and a PostgreSQL of their own, whose secrets are known, and all that runs on them. */
export class Scene implements AsyncDisposable {
  readonly commands: Command[] = [];
  /** What PostgreSQL was seen to be asked. */
  readonly queries = new Set<string>();

  private constructor(
    private readonly stack: Disposables,
    readonly folder: string,
    readonly couchdb: TestCouchDb,
    readonly admin: pg.Pool,
    readonly postgres: {
      readonly host: string;
      readonly port: number;
      readonly password: string;
      readonly log: string;
    },
    readonly watch: ArgumentWatch,
  ) {}

  static async open(): Promise<Scene> {
    const stack = new Disposables();
    const folder = stack.use(await createTemporaryFolder());
    const servers = stack.use(await createTemporaryFolder());
    const [user, password] = secrets.couchdb;
    const embedded = await startEmbeddedCouchDb({
      ...{ folder: join(servers.path, 'couchdb'), port: await freePort(), admin: { user, password } },
      ...{ log: createLog({ level: 'silent', format: 'json', secrets: [] }), clock: systemClock },
    });
    stack.use({ [Symbol.asyncDispose]: () => embedded.stop() });
    const place = { folder: join(servers.path, 'postgres'), port: await freePort() };
    const server = await startEmbeddedPostgres({ ...place, settings: { fsync: 'off' } });
    stack.use({ [Symbol.asyncDispose]: () => server.stop() });
    const admin = new pg.Pool({
      host: server.host,
      port: server.port,
      user: server.user,
      password: server.password,
      database: 'postgres',
    });
    admin.on('error', () => undefined);
    stack.use({ [Symbol.asyncDispose]: () => admin.end() });
    const watch = stack.use(watchArguments(...Object.values(secrets).flatMap(forms)));
    const couchdb = { url: embedded.url, user, password } as TestCouchDb;
    const log = join(place.folder, 'postgres.log');
    const scene = new Scene(
      stack,
      folder.path,
      couchdb,
      admin,
      { ...place, host: server.host, password: server.password, log },
      watch,
    );
    await scene.#fill();
    return scene;
  }

  async #fill(): Promise<void> {
    for (const role of ['writer', 'modeler', 'reader'] as const) {
      await this.admin.query(`CREATE ROLE ${role} LOGIN PASSWORD ${pg.escapeLiteral(secrets[role][1])}`);
    }
    // Nobody has what is not granted; and PostgreSQL writes down whatever it is asked from here on.
    await this.admin.query('REVOKE ALL ON DATABASE postgres FROM PUBLIC');
    await this.admin.query(`ALTER SYSTEM SET log_statement = 'all'`);
    await this.admin.query('SELECT pg_reload_conf()');
    const timer = setInterval(() => {
      const asked = this.admin.query<{ query: string }>(
        'SELECT query FROM pg_stat_activity WHERE pid <> pg_backend_pid()',
      );
      asked.then(({ rows }) => rows.forEach(({ query }) => this.queries.add(query))).catch(() => undefined);
    }, 100);
    this.stack.use({
      [Symbol.asyncDispose]: () => {
        clearInterval(timer);
        return Promise.resolve();
      },
    });
    await askCouchDb(this.couchdb, 'PUT', '/medic');
    await askCouchDb(this.couchdb, 'PUT', '/_users');
    await askCouchDb(this.couchdb, 'POST', '/medic/_bulk_docs', JSON.stringify({ docs: medicDocuments }));
    const jane = {
      _id: 'org.couchdb.user:jane',
      type: 'user',
      name: 'jane',
      roles: [],
      password_scheme: 'pbkdf2',
      iterations: 10,
    };
    await this.writeUser(JSON.stringify({ ...jane, derived_key: secrets.derivedKey[1], salt: secrets.salt[1] }));
    await cp(join(repository, 'pipeline'), join(this.folder, 'package'), { recursive: true });
  }

  /** Writes a document of `_users`. */
  async writeUser(json: string): Promise<void> {
    const { status, text } = await askCouchDb(this.couchdb, 'POST', '/_users', json);
    if (status >= 300) throw new Error(text);
  }

  /** Starts a command as a role; what is given besides goes before what leads it to the servers. */
  run(role: Role, args: readonly string[], more: Readonly<Record<string, string>> = {}): Command {
    const password = role === 'owner' ? this.postgres.password : secrets[role][1];
    const env = {
      ...couchDbVariables(this.couchdb, ['medic', '_users']),
      ...{ POSTGRES_HOST: this.postgres.host, POSTGRES_PORT: String(this.postgres.port), POSTGRES_DB: 'postgres' },
      ...{ POSTGRES_USER: role === 'owner' ? 'postgres' : role, POSTGRES_PASSWORD: password },
      ...{ DBT_LOCAL_PATH: join(this.folder, 'package'), LOG_LEVEL: 'debug' },
      ...more,
    };
    const command = this.stack.use(new Command(args, { folder: this.folder, env }));
    this.commands.push(command);
    return command;
  }

  /** A connection as a role. */
  async connect(role: Exclude<Role, 'owner'>): Promise<pg.Client & AsyncDisposable> {
    const { host, port } = this.postgres;
    const client = new pg.Client({ host, port, user: role, password: secrets[role][1], database: 'postgres' });
    await client.connect();
    return Object.assign(client, { [Symbol.asyncDispose]: () => client.end() });
  }

  /** Where secrets stand, of all that the run has left: by where and which. */
  async leaks(metrics: string): Promise<string[]> {
    const { rows: tables } = await this.admin.query<{ name: string }>(
      `SELECT oid::regclass::text AS name FROM pg_class WHERE relkind IN ('r', 'm', 'v') AND relnamespace IN ('v1'::regnamespace, 'public'::regnamespace)`,
    );
    const texts: Record<string, string> = {
      metrics,
      output: this.commands.map(({ stdout, stderr }) => stdout + stderr).join('\n'),
      queries: [...this.queries].join('\n'),
      'log of PostgreSQL': await readFile(this.postgres.log, 'utf8'),
    };
    for (const { name } of tables) {
      const { rows } = await this.admin.query<{ text: string | null }>(
        `SELECT string_agg(t::text, E'\\n') AS text FROM ${name} t`,
      );
      texts[`table ${name}`] = rows[0]?.text ?? '';
    }
    const found = [...this.watch.found].map((line) => `arguments: ${line}`);
    for (const [which, secret] of Object.entries(secrets)) {
      for (const [where, text] of Object.entries(texts)) {
        if (forms(secret).some((form) => text.includes(form))) found.push(`${where}: ${which}`);
      }
    }
    const files = await filesWithSecret(this.folder, Object.values(secrets).flatMap(forms));
    found.push(...files.map((file) => `file ${file}`));
    return found;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stack[Symbol.asyncDispose]();
  }
}
