import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { runCommandLine } from './index.js';

/** Runs the command line in an empty folder and keeps what it writes. */
async function run(args: string[], env: Record<string, string> = {}) {
  const written = { stdout: '', stderr: '' };
  const stream = (name: keyof typeof written) =>
    ({
      write: (text: string) => {
        written[name] += text;
        return true;
      },
      columns: 100,
    }) as unknown as NodeJS.WriteStream;
  const folder = mkdtempSync(join(tmpdir(), 'cht-sync-cli-'));
  const exitCode = await runCommandLine({ args, env, folder, stdout: stream('stdout'), stderr: stream('stderr') });
  return { exitCode, ...written };
}

test('--help shows the commands', async () => {
  const { exitCode, stdout } = await run(['--help']);
  expect(exitCode).toBe(0);
  expect(stdout).toMatchSnapshot();
});

test.each([
  'start',
  'couch2pg',
  'dataemon',
  'metrics',
  'models',
  'config',
  'embedded-couchdb',
  'pause',
  'resume',
  'resync',
  'verify',
  'scaffold',
])('%s --help shows its options', async (name) => {
  const { exitCode, stdout } = await run([name, '--help']);
  expect(exitCode).toBe(0);
  expect(stdout).toMatchSnapshot();
});

test.each(['--help', 'list --help', 'show --help', 'retry --help'])('rejected %s shows what there is', async (args) => {
  const { exitCode, stdout } = await run(['rejected', ...args.split(' ')]);
  expect(exitCode).toBe(0);
  expect(stdout).toMatchSnapshot();
});

test('production commands refuse to run without servers of their own, and name all that is missing', async () => {
  const { exitCode, stderr } = await run(['couch2pg']);
  expect(exitCode).toBe(2);
  expect(stderr).toContain('COUCHDB_HOST: it is not set');
  expect(stderr).toContain('POSTGRES_HOST: it is not set');
  expect((await run(['dataemon'])).stderr).toContain('Error: POSTGRES_HOST: it is not set');
  expect((await run(['metrics'])).stderr).toContain('Error: POSTGRES_HOST: it is not set');
});

test('a wrong option keeps a command from starting', async () => {
  const { exitCode, stderr } = await run(['start', '--batch-size', '0']);
  expect(exitCode).toBe(2);
  expect(stderr).toContain('BATCH_SIZE is "0" (flag): it is less than 1.');
});

test('--version shows the version', async () => {
  const { exitCode, stdout } = await run(['--version']);
  expect(exitCode).toBe(0);
  expect(stdout).toMatch(/^\d+\.\d+\.\d+/);
});

test('an unknown option is named with the one that was meant, and its value is not repeated', async () => {
  const { exitCode, stderr, stdout } = await run(['config', '--couchdb-pasword=hunter22']);
  expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
  expect(stderr).toBe(
    'Error: There is no option --couchdb-pasword. [CONFIG_INVALID]\n  What to do: Did you mean --couchdb-password-file?\n',
  );
});

test('an unknown command is named', async () => {
  const { exitCode, stderr } = await run(['strat']);
  expect(exitCode).toBe(2);
  expect(stderr).toContain("Unknown command 'strat'");
});

test('config shows each option with its origin, masks secrets and exits 0', async () => {
  const { exitCode, stdout } = await run(['config', '--batch-size', '7'], {
    COUCHDB_HOST: 'couch',
    COUCHDB_USER: 'me',
    COUCHDB_PASSWORD: 'hunter22',
  });
  expect(exitCode).toBe(0);
  expect(stdout).toMatch(/^COUCHDB_HOST +couch +environment$/m);
  expect(stdout).toMatch(/^COUCHDB_PASSWORD +\*\*\* +environment$/m);
  expect(stdout).toMatch(/^BATCH_SIZE +7 +flag$/m);
  expect(stdout).not.toContain('hunter22');
});

test('config names what is wrong with cause and remedy and exits 2, as text and as JSON', async () => {
  const env = { BATCH_SIZE: 'abc', DBT_THREADS: '4' };
  const text = await run(['config'], env);
  expect(text.exitCode).toBe(2);
  expect(text.stdout).toMatch(/^BATCH_SIZE +abc +environment {2}<- wrong$/m);
  expect(text.stdout).toContain('Did you mean DBT_THREAD_COUNT?');
  const json = await run(['config', '--json'], env);
  expect(json.exitCode).toBe(2);
  expect(JSON.parse(json.stdout)).toMatchObject({
    problems: [{ option: 'BATCH_SIZE', value: 'abc', origin: 'environment' }],
    warnings: [{ option: 'DBT_THREADS' }],
  });
});
