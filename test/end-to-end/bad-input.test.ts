import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { createServer as createHttpServer } from 'node:http';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { watchArguments } from '../support/argument-watch.js';
import { incremental, documents, tinyPackage, writeFiles, type PackageFiles } from '../dataemon/support/package.js';
import { Command, withPreloadedPython } from '../support/command.js';
import { createTestCouchDb, type TestCouchDatabase, type TestCouchDb } from '../support/couchdb.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { Disposables } from '../support/disposables.js';
import { freePort } from '../support/global-postgres.js';
import { createTestRole, giveDatabase } from '../support/role.js';
import { filesWithSecret } from '../support/secrets.js';
import { createTemporaryFolder, type TemporaryFolder } from '../support/temporary-folder.js';
import { couchDbVariables, postgresVariables } from './support/environment.js';
import { sourceName, untilTableEquals } from './support/table.js';

const soon = { timeout: 60_000, interval: 50 };

/** A command that ends with its test, in a folder of its own. */
class Trial implements AsyncDisposable {
  private constructor(
    readonly command: Command,
    private readonly folder: TemporaryFolder,
  ) {}

  static async start(args: readonly string[], env: Readonly<Record<string, string>>): Promise<Trial> {
    const folder = await createTemporaryFolder();
    return new Trial(new Command(args, { folder: folder.path, env, ...withPreloadedPython() }), folder);
  }

  /** Waits for a warning, and makes sure that it is the only one and has all of `words`: the thing, the cause, the remedy. */
  async warnsOnce(code: string, ...words: readonly (string | RegExp)[]): Promise<void> {
    await vi.waitFor(() => expect(this.command.warnings).not.toEqual([]), soon);
    const [line, ...more] = this.command.warnings;
    expect(more).toEqual([]);
    expect(line).toMatchObject({ code });
    for (const word of words) expect(JSON.stringify(line)).toMatch(word);
  }

  /** Makes sure that a secret is neither in the output nor in a file. */
  async keeps(...secrets: readonly string[]): Promise<void> {
    for (const secret of secrets) expect(this.command.stdout + this.command.stderr).not.toContain(secret);
    expect(await filesWithSecret(this.folder.path, secrets)).toEqual([]);
  }

  async stopsWell(): Promise<void> {
    const { code, tookMs } = await this.command.stop();
    expect(code).toBe(0);
    expect(tookMs).toBeLessThan(10_000);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.command[Symbol.asyncDispose]();
    await this.folder[Symbol.asyncDispose]();
  }
}

describe.concurrent('bad input', () => {
  const stack = new Disposables();
  let couchdb: TestCouchDb;
  let medic: TestCouchDatabase;
  /** For tests that do not get so far as to write to it, or write no tables that others look at. */
  let database: TestDatabase;

  beforeAll(async () => {
    couchdb = stack.use(await createTestCouchDb());
    medic = await couchdb.createDatabase('medic');
    await medic.write({ _id: 'a', type: 'person' }, { _id: 'b', type: 'data_record' });
    database = stack.use(await createTestDatabase());
  });
  afterAll(() => stack[Symbol.asyncDispose]());

  describe('a CouchDB that cannot be read', () => {
    const couch2pg = (changes: Readonly<Record<string, string>>) =>
      Trial.start(['couch2pg'], {
        ...couchDbVariables(couchdb, [medic]),
        ...postgresVariables(database),
        POSTGRES_SCHEMA: `schema_${randomBytes(4).toString('hex')}`,
        ...changes,
      });

    test('a host whose name does not resolve is named once', async () => {
      await using trial = await couch2pg({ COUCHDB_HOST: 'couchdb.invalid' });
      await trial.warnsOnce('COUCHDB_UNREACHABLE', 'couchdb.invalid', /ENOTFOUND|EAI_AGAIN/, 'COUCHDB_HOST');
      await trial.stopsWell();
    });

    test('a port where nothing listens is named once', async () => {
      const port = await freePort();
      await using trial = await couch2pg({
        COUCHDB_HOST: '127.0.0.1',
        COUCHDB_PORT: String(port),
        COUCHDB_SECURE: 'false',
      });
      await trial.warnsOnce('COUCHDB_UNREACHABLE', `127.0.0.1:${port}`, 'ECONNREFUSED', 'COUCHDB_PORT');
      await trial.stopsWell();
    });

    test('a server that cuts every connection is tried again and again, and told of once', async () => {
      let connections = 0;
      const server = createServer((socket) => {
        connections += 1;
        socket.resetAndDestroy();
      });
      await using listening = await listen(server);
      await using trial = await couch2pg(listening.variables);
      await vi.waitFor(() => expect(connections).toBeGreaterThanOrEqual(3), soon);
      await trial.warnsOnce('COUCHDB_UNREACHABLE', listening.address, 'COUCHDB_HOST');
      await trial.stopsWell();
    });

    test('a web page instead of an answer is shown, and said to be no CouchDB', async () => {
      const server = createHttpServer((request, response) => {
        request.resume();
        response.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html><h1>Welcome to the hotel</h1>');
      });
      await using listening = await listen(server);
      await using trial = await couch2pg(listening.variables);
      await trial.warnsOnce('COUCHDB_ANSWER_INVALID', listening.address, 'Welcome to the hotel', 'COUCHDB_HOST');
      await trial.keeps(couchdb.password);
      await trial.stopsWell();
    });

    test('a wrong password is said to be one, and not repeated', async () => {
      const wrong = `wr0ng-${randomBytes(8).toString('hex')}`;
      await using trial = await couch2pg({ COUCHDB_PASSWORD: wrong });
      await trial.warnsOnce('COUCHDB_UNAUTHORIZED', new URL(couchdb.url).host, '401', 'COUCHDB_PASSWORD');
      await trial.keeps(wrong);
      await trial.stopsWell();
    });

    test('a database that is not there is named, and the others go on', async () => {
      await using own = await createTestDatabase();
      const databases = couchDbVariables(couchdb, ['no-such-database', medic]);
      await using trial = await couch2pg({ ...databases, ...postgresVariables(own), POSTGRES_SCHEMA: 'v1' });
      await untilTableEquals(own, couchdb, [medic]);
      await trial.warnsOnce('COUCHDB_DATABASE_MISSING', 'no-such-database', '404', 'COUCHDB_DBS');
      await medic.write({ _id: 'later' });
      await untilTableEquals(own, couchdb, [medic]);
      const { rows } = await own.pool.query(
        `SELECT source, error_code FROM v1.couchdb_progress WHERE state = 'failed'`,
      );
      const missing = sourceName(couchdb, { name: 'no-such-database' });
      expect(rows).toEqual([{ source: missing, error_code: 'COUCHDB_DATABASE_MISSING' }]);
      await trial.stopsWell();
    });

    test('a single run tells why not everything is there and ends with code 1', async () => {
      const wrong = `wr0ng-${randomBytes(8).toString('hex')}`;
      await using own = await createTestDatabase();
      const env = { ...couchDbVariables(couchdb, [medic]), ...postgresVariables(own), COUCHDB_PASSWORD: wrong };
      await using trial = await Trial.start(['start', '--exit-when-caught-up', '--json'], env);
      expect(await trial.command.end()).toEqual({ code: 1, signal: null });
      const summary = JSON.parse(trial.command.stdout) as unknown;
      const reason = expect.stringMatching(/COUCHDB_UNAUTHORIZED[^]*What to do: .*COUCHDB_PASSWORD/) as string;
      expect(summary).toMatchObject({ caughtUp: false, reasons: [reason] });
      expect(trial.command.stderr).toMatch(/Error: not everything is in the models: .*COUCHDB_UNAUTHORIZED/);
      await trial.keeps(wrong, own.connection.password);
    });
  });

  describe('a PostgreSQL that cannot be written', () => {
    const start = (half: 'couch2pg' | 'dataemon', changes: Readonly<Record<string, string>>) =>
      Trial.start([half], {
        ...(half === 'couch2pg' ? couchDbVariables(couchdb, [medic]) : {}),
        ...postgresVariables(database),
        ...changes,
      });

    test.each(['couch2pg', 'dataemon'] as const)('%s says that PostgreSQL is read-only', async (half) => {
      await using own = await createTestDatabase();
      await using role = await createTestRole(own);
      await giveDatabase(own, role);
      await own.pool.query(`ALTER ROLE ${role.user} SET default_transaction_read_only = on`);
      await using trial = await start(half, postgresVariables(own, role));
      await trial.warnsOnce('POSTGRES_UNWRITABLE', 'read-only', '25006', 'POSTGRES_HOST');
      await trial.keeps(role.password);
      await trial.stopsWell();
    });

    test.each(['couch2pg', 'dataemon'] as const)('%s says what its role is not allowed to', async (half) => {
      await using own = await createTestDatabase();
      await using role = await createTestRole(own);
      await using trial = await start(half, postgresVariables(own, role));
      await trial.warnsOnce(
        'POSTGRES_UNWRITABLE',
        own.connection.database,
        'permission denied',
        'GRANT CREATE ON DATABASE',
      );
      await trial.stopsWell();
    });

    test.each(['couch2pg', 'dataemon'] as const)('%s says that its password is wrong', async (half) => {
      await using role = await createTestRole(database);
      const wrong = `wr0ng-${randomBytes(8).toString('hex')}`;
      await using trial = await start(half, { POSTGRES_USER: role.user, POSTGRES_PASSWORD: wrong });
      await trial.warnsOnce('POSTGRES_UNAUTHORIZED', role.user, '28P01', 'POSTGRES_PASSWORD');
      await trial.keeps(wrong);
      await trial.stopsWell();
    });

    test.each(['couch2pg', 'dataemon'] as const)('%s names a database that is not there', async (half) => {
      await using trial = await start(half, { POSTGRES_DB: 'no_such_database' });
      await trial.warnsOnce('POSTGRES_UNAUTHORIZED', 'no_such_database', '3D000', 'POSTGRES_DB');
      await trial.stopsWell();
    });

    test.each(['couch2pg', 'dataemon'] as const)('%s waits for a PostgreSQL that is not there', async (half) => {
      const port = await freePort();
      await using trial = await start(half, { POSTGRES_HOST: '127.0.0.1', POSTGRES_PORT: String(port) });
      await trial.warnsOnce('POSTGRES_UNREACHABLE', `127.0.0.1:${port}`, 'ECONNREFUSED', 'POSTGRES_PORT');
      await trial.stopsWell();
    });
  });

  describe('a dbt package that is broken', () => {
    const run = async (files: PackageFiles, own: TestDatabase): Promise<Trial> => {
      const folder = stack.use(await createTemporaryFolder());
      const env = {
        ...couchDbVariables(couchdb, [medic]),
        ...postgresVariables(own),
        DBT_LOCAL_PATH: await writeFiles(join(folder.path, 'package'), files),
        LOG_FORMAT: 'json',
      };
      return Trial.start(['start', '--exit-when-caught-up', '--json'], env);
    };

    test('does not keep documents from the table; dbt says what it cannot parse', async () => {
      await using own = await createTestDatabase();
      await using trial = await run(tinyPackage({ 'models/child.sql': `SELECT {{ ref('root') FROM x` }), own);
      expect(await trial.command.end()).toEqual({ code: 1, signal: null });
      await untilTableEquals(own, couchdb, [medic]);
      await trial.warnsOnce('PACKAGE_BROKEN', 'child.sql', "expected token 'end of print statement'", 'DBT_LOCAL_PATH');
      const reason = expect.stringMatching(/child\.sql[^]*PACKAGE_BROKEN[^]*What to do: /) as string;
      expect(JSON.parse(trial.command.stdout)).toMatchObject({ caughtUp: false, reasons: [reason] });
      await trial.keeps(own.connection.password);
    });

    test('has the models go on that do not depend on the one that fails', async () => {
      await using own = await createTestDatabase();
      const failing = incremental('_id AS uuid, 1 / (length(_id) - length(_id)) AS quotient', documents);
      const files = tinyPackage({
        'models/failing.sql': failing,
        'models/below.sql': incremental('uuid', `{{ ref('failing') }}`),
      });
      await using trial = await run(files, own);
      expect(await trial.command.end()).toEqual({ code: 1, signal: null });
      await trial.warnsOnce('MODEL_FAILED', 'failing', 'division by zero');
      const { models, reasons } = JSON.parse(trial.command.stdout) as {
        models: { name: string; status: string }[];
        reasons: string[];
      };
      expect(Object.fromEntries(models.map(({ name, status }) => [name, status]))).toEqual({
        ...{ root: 'ok', child: 'ok' },
        ...{ failing: 'failed', below: 'skipped' },
      });
      expect(reasons).toEqual([expect.stringMatching(/failing[^]*division by zero[^]*MODEL_FAILED[^]*What to do: /)]);
      const { rows } = await own.pool.query<{ count: number }>('SELECT count(*)::integer AS count FROM v1.child');
      expect(rows[0]?.count).toBeGreaterThanOrEqual(2);
    });

    test('whose address has a token: git is given it, and it is in no output, file or argument list', async () => {
      const token = `t0ken-${randomBytes(8).toString('hex')}`;
      await using watch = watchArguments(token);
      const signedIn = new Set<string | undefined>();
      const server = createHttpServer((request, response) => {
        signedIn.add(request.headers.authorization);
        request.resume();
        response.writeHead(404).end();
      });
      await using listening = await listen(server);
      await using own = await createTestDatabase();
      await using trial = await Trial.start(['start'], {
        ...couchDbVariables(couchdb, [medic]),
        ...postgresVariables(own),
        CHT_PIPELINE_BRANCH_URL: `http://medic:${token}@${listening.address}/package.git#main`,
        LOG_FORMAT: 'json',
      });
      await trial.warnsOnce('PACKAGE_BROKEN', listening.address, 'CHT_PIPELINE_BRANCH_URL');
      expect([...signedIn]).toEqual([`Basic ${Buffer.from(`medic:${token}`).toString('base64')}`]);
      expect([...watch.found]).toEqual([]);
      await trial.keeps(token);
      await trial.stopsWell();
    });
  });

  describe('options that cannot be used', () => {
    test('a flag that does not exist is named, with the one that was meant', async () => {
      await using trial = await Trial.start(['couch2pg', '--couchdb-hots=s3cr3t-value'], {});
      expect(await trial.command.end()).toEqual({ code: 2, signal: null });
      expect(trial.command.stderr).toMatch(/no option --couchdb-hots.*\[CONFIG_INVALID\]\n.*--couchdb-host\?/);
      await trial.keeps('s3cr3t-value');
    });

    test.each(['start', 'couch2pg', 'dataemon', 'config'])('%s names all wrong values at once', async (name) => {
      const env = { COUCHDB_PORT: 'abc', POSTGRES_SSLMODE: 'perhaps', POSTGRES_HOST: 'db', BATCH_SIZE: '0' };
      await using trial = await Trial.start([name], env);
      expect(await trial.command.end()).toEqual({ code: 2, signal: null });
      const output = trial.command.stdout + trial.command.stderr;
      for (const variable of ['COUCHDB_PORT', 'POSTGRES_SSLMODE', 'BATCH_SIZE', 'POSTGRES_PASSWORD', 'POSTGRES_DB']) {
        expect(output).toMatch(new RegExp(`${variable}\\b.*\\w`));
      }
      expect(output).toContain('abc');
      expect(output).toContain('perhaps');
    });

    test.each(['couch2pg', 'dataemon'])('%s does not run without the servers it needs', async (half) => {
      await using trial = await Trial.start([half], {});
      expect(await trial.command.end()).toEqual({ code: 2, signal: null });
      expect(trial.command.stderr).toMatch(/POSTGRES_HOST[^]*What to do/);
    });

    test('config shows every value and its origin, but no secret', async () => {
      const secrets = { postgres: `s3cr3t-${randomBytes(6).toString('hex')}`, couchdb: 'p@ss/w0rd"%' };
      await using folder = await createTemporaryFolder();
      await writeFile(join(folder.path, '.env'), `POSTGRES_PASSWORD=${secrets.postgres}\nPOSTGRES_DB=reports\n`);
      const env = {
        ...{ POSTGRES_HOST: 'db.example.org', POSTGRES_USER: 'sync', COUCHDB_PASSWORD: secrets.couchdb },
        ...{ CHT_PIPELINE_BRANCH_URL: 'https://user:t0ken-0f-git@example.org/package.git#main' },
      };
      for (const json of [[], ['--json']]) {
        await using command = new Command(['config', '--couchdb-user=medic', ...json], { folder: folder.path, env });
        expect(await command.end()).toMatchObject({ code: 0 });
        expect(command.stdout).toMatch(/POSTGRES_HOST[^]*db\.example\.org/);
        expect(command.stdout).toMatch(/POSTGRES_DB[^]*reports/);
        for (const secret of [...Object.values(secrets), 't0ken-0f-git']) {
          expect(command.stdout + command.stderr).not.toContain(secret);
          expect(command.stdout + command.stderr).not.toContain(encodeURIComponent(secret));
        }
      }
    });
  });
});

/** A server that is not CouchDB, and the variables that lead to it. */
async function listen(
  server: Server,
): Promise<AsyncDisposable & { readonly address: string; readonly variables: Record<string, string> }> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    address: `127.0.0.1:${port}`,
    variables: { COUCHDB_HOST: '127.0.0.1', COUCHDB_PORT: String(port), COUCHDB_SECURE: 'false' },
    [Symbol.asyncDispose]: () => new Promise((resolve) => server.close(() => resolve())),
  };
}
