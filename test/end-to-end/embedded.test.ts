import { exec, execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { watchArguments, type ArgumentWatch } from '../support/argument-watch.js';
import { Command } from '../support/command.js';
import { Disposables } from '../support/disposables.js';
import { freePort } from '../support/global-postgres.js';
import { descendantsOf, stillRunning } from '../support/processes.js';
import { filesWithSecret } from '../support/secrets.js';
import { createTemporaryFolder, type TemporaryFolder } from '../support/temporary-folder.js';
import { neededProgram, orSkip } from '../support/needed.js';

const documents = 300;
const promisedMs = 3_000;
const soon = { timeout: 60_000, interval: 50 };

describe('cht-sync start, with nothing set', () => {
  const stack = new Disposables();
  let folder: TemporaryFolder;
  let watch: ArgumentWatch;
  let ports: { postgres: number; couchdb: number };
  let command: Command;
  const commands: Command[] = [];
  const data = (...path: string[]) => join(folder.path, 'data', ...path);

  const start = (changes: Readonly<Record<string, string>> = {}): Command => {
    const env = {
      EMBEDDED_DATA_DIR: data(),
      SAMPLE_DOCUMENTS: String(documents),
      EMBEDDED_POSTGRES_PORT: String(ports.postgres),
      EMBEDDED_COUCHDB_PORT: String(ports.couchdb),
      ...changes,
    };
    const started = stack.use(new Command(['start'], { folder: folder.path, env }));
    commands.push(started);
    return started;
  };
  const password = async () => (await readFile(data('postgres', 'password'), 'utf8')).trim();
  const postmaster = async () =>
    Number((await readFile(data('postgres', 'data', 'postmaster.pid'), 'utf8')).split('\n')[0]);
  const query = async <Row extends pg.QueryResultRow>(sql: string): Promise<Row[]> => {
    const server = { host: '127.0.0.1', port: ports.postgres, user: 'postgres', database: 'cht_sync' };
    const client = new pg.Client({ ...server, password: await password() });
    await client.connect();
    try {
      return (await client.query<Row>(sql)).rows;
    } finally {
      await client.end();
    }
  };
  /** Documents and models that there are. */
  const counts = async () => {
    const [row] = await query<{ documents: number; metadata: number; persons: number }>(
      `SELECT (SELECT count(*)::integer FROM v1.couchdb WHERE NOT _deleted) AS documents,
        (SELECT count(*)::integer FROM v1.document_metadata) AS metadata,
        (SELECT count(*)::integer FROM v1.person) AS persons`,
    );
    return row!;
  };
  const untilModelsAreThere = () =>
    expect
      .poll(async () => {
        const {
          documents: all,
          metadata,
          persons,
        } = await counts().catch(() => ({ documents: -1, metadata: 0, persons: 0 }));
        return all === metadata && persons > 0;
      }, soon)
      .toBe(true);
  /** All that the command has started. */
  const startedProcesses = async () => [
    ...(await descendantsOf(command.pid)).map(({ pid }) => pid),
    await postmaster(),
  ];
  /** The command line that the command has printed. */
  const printed = async (introduction: string) => (await command.says(new RegExp(`${introduction}: (.*)\n`)))[1]!;
  /** Runs the printed edit, and says how long it took to show in the model, from the end of the edit on. */
  const editAndWait = async (): Promise<number> => {
    const curl = await printed('edit a document');
    const id = /medic\/([\w-]+)/.exec(curl)![1]!;
    const phone = async () =>
      (await query<{ phone: string }>(`SELECT phone FROM v1.person WHERE uuid = '${id}'`))[0]?.phone;
    const before = await phone();
    const { stdout } = await promisify(execFile)('sh', ['-c', curl]);
    const began = performance.now();
    expect(JSON.parse(stdout)).toMatchObject({ ok: true, id });
    await expect.poll(phone, { timeout: 30_000, interval: 20 }).not.toBe(before);
    return performance.now() - began;
  };

  beforeAll(async () => {
    folder = stack.use(await createTemporaryFolder());
    // A PostgreSQL that a failing test has left behind must not outlive its folder.
    stack.use({ [Symbol.asyncDispose]: async () => endProcess(await postmaster().catch(() => undefined)) });
    watch = stack.use(watchArguments());
    ports = { postgres: await freePort(), couchdb: await freePort() };
    command = start();
  });
  afterAll(() => stack[Symbol.asyncDispose]());

  test('fills a source with a sample and brings it into the models', async () => {
    await untilModelsAreThere();
    expect(await counts()).toMatchObject({ documents: expect.closeTo(documents, -2) as number });
    watch.add(await password());
    watch.add((await readFile(data('couchdb-password'), 'utf8')).trim());
    expect(command.stdout).toBe('');
  });

  test('prints a curl line that edits a document, and shows the edit in its model within three seconds', async ({
    skip,
  }) => {
    orSkip(await neededProgram('curl'), skip);
    // The machine may be busy with something else: one of a few edits is enough.
    const times = [await editAndWait()];
    while (times.length < 5 && Math.min(...times) > promisedMs) times.push(await editAndWait());
    expect(Math.min(...times)).toBeLessThan(promisedMs);
  });

  test('prints how to look at the tables, without the password', async () => {
    const psql = await printed('look at the tables');
    expect(psql).toContain('PGPASSFILE=');
    expect(psql).not.toContain(await password());
    const isInstalled = await promisify(exec)('command -v psql').then(
      () => true,
      () => false,
    );
    if (!isInstalled) return;
    const { stdout } = await promisify(exec)(`${psql} --no-psqlrc -Atc 'SELECT count(*) > 0 FROM v1.person'`);
    expect(stdout.trim()).toBe('t');
  });

  test('goes on after it was killed: takes over its PostgreSQL, fills nothing again and follows on', async () => {
    // What was not built yet would have to be.
    await command.says(/models: idle/);
    const before = await counts();
    const server = await postmaster();
    const workers = await descendantsOf(command.pid);
    await command.stop('SIGKILL');
    const others = workers.map(({ pid }) => pid).filter((pid) => pid !== server);
    await expect.poll(() => stillRunning(others), { timeout: 10_000, interval: 50 }).toEqual([]);
    expect(await stillRunning([server])).toHaveLength(1);

    command = start();
    await command.says(/took over/);
    expect(await postmaster()).toBe(server);
    await editAndWait();
    expect(await counts()).toEqual(before);
    expect(command.stderr).not.toMatch(/the sample is complete|migrated|have to be built/);
  });

  test('does not run twice on one folder', async () => {
    const second = start({ EMBEDDED_POSTGRES_PORT: String(await freePort()) });
    expect(await second.end()).toEqual({ code: 1, signal: null });
    expect(second.stderr).toMatch(/already runs/);
    expect(second.stderr).toContain('[ALREADY_RUNNING]');
    expect(second.stderr).toContain(data());
    expect(second.stderr).toContain(String(command.pid));
    expect(second.stderr).toMatch(/What to do: .*EMBEDDED_DATA_DIR/);
    await editAndWait();
  });

  test('leaves no process behind when its terminal is closed, or when nobody reads its output any more', async () => {
    for (const happens of [() => void command.stop('SIGHUP'), () => command.closeOutput()]) {
      const processes = await startedProcesses();
      happens();
      await command.end();
      expect(await stillRunning(processes)).toEqual([]);
      await expect(postmaster(), 'PostgreSQL was stopped').rejects.toThrow('ENOENT');
      command = start();
      // What is said from here on is what finds the output closed.
      await command.says(/is catching-up/);
    }
    await untilModelsAreThere();
  });

  test('ends with code 0 on Ctrl-C and leaves no process behind', async () => {
    await command.says(/models: idle/);
    const processes = await startedProcesses();
    expect(processes.length).toBeGreaterThan(1);
    const { code, tookMs } = await command.stop('SIGINT');
    expect(code).toBe(0);
    expect(tookMs).toBeLessThan(10_000);
    expect(await stillRunning(processes)).toEqual([]);
  });

  test('names a port that is taken, when the user has chosen it', async () => {
    for (const [variable, port] of [
      ['EMBEDDED_POSTGRES_PORT', ports.postgres],
      ['EMBEDDED_COUCHDB_PORT', ports.couchdb],
    ] as const) {
      await using _ = await listen(port);
      const failing = start();
      expect(await failing.end()).toEqual({ code: 1, signal: null });
      expect(failing.stderr).toContain('[EMBEDDED_FAILED]');
      expect(failing.stderr).toContain(String(port));
      expect(failing.stderr).toMatch(new RegExp(`What to do: .*${variable}`));
      await expect(postmaster(), 'PostgreSQL was stopped').rejects.toThrow('ENOENT');
    }
  });

  test('shows its passwords nowhere but in files for their owner', async () => {
    const secrets = [await password(), (await readFile(data('couchdb-password'), 'utf8')).trim()];
    expect(watch.seen('worker.py')).toBeGreaterThan(0);
    expect(watch.seen('postgres')).toBeGreaterThan(0);
    expect([...watch.found]).toEqual([]);
    for (const { stdout, stderr } of commands)
      for (const secret of secrets) expect(stdout + stderr).not.toContain(secret);
    const kept = /^data\/(couchdb-password|curl\.conf|postgres\/(password|pgpass))$/;
    expect(await filesWithSecret(folder.path, secrets, kept)).toEqual([]);
    const { stdout } = await promisify(exec)(
      `find ${folder.path} -type f -perm /077 | grep -E 'couchdb-password|curl.conf|postgres/(password|pgpass)' || true`,
    );
    expect(stdout).toBe('');
  });
});

/** Ends a process, if there is one. */
async function endProcess(pid: number | undefined): Promise<void> {
  if (pid === undefined || (await stillRunning([pid])).length === 0) return;
  process.kill(pid, 'SIGINT');
  await vi.waitFor(async () => expect(await stillRunning([pid])).toEqual([]), { timeout: 20_000, interval: 50 });
}

/** A server of somebody else's on a port. */
async function listen(port: number): Promise<AsyncDisposable> {
  const server: Server = createServer();
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return { [Symbol.asyncDispose]: () => new Promise((resolve) => server.close(() => resolve())) };
}
