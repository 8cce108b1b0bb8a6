import { expect, test } from 'vitest';
import { Command } from '../support/command.js';
import { createTemporaryFolder } from '../support/temporary-folder.js';
import { comparedSource } from '../couch2pg/comparison.js';
import { couchDbVariables, postgresVariables } from './support/environment.js';

/** What `--json` prints, as far as it is relied on here. */
interface Printed {
  readonly same: boolean;
  readonly sources: readonly Record<string, unknown>[];
}

test('verify tells by its exit code and in JSON or words what differs, and mends it', async () => {
  await using here = await comparedSource(['a', 'b/é', 'c']);
  await using folder = await createTemporaryFolder();
  const env = { ...couchDbVariables(here.couchdb, [here.source]), ...postgresVariables(here.database) };
  const run = async (...flags: string[]) => {
    await using command = new Command(['verify', ...flags], { folder: folder.path, env });
    const { code } = await command.end();
    return { code, stdout: command.stdout, stderr: command.stderr };
  };
  const json = async (...flags: string[]) => {
    const { code, stdout, stderr } = await run('--json', ...flags);
    return { code, ...(JSON.parse(stdout || stderr) as Printed) };
  };
  const { source } = here.sides;

  expect(await json()).toMatchObject({ code: 0, same: true, sources: [{ source, compared: 3, remaining: 0 }] });
  await here.sql(`DELETE FROM v1.couchdb WHERE _id = 'b/é'`);
  expect(await json()).toMatchObject({
    ...{ code: 1, same: false },
    sources: [{ source, missing: 1, remaining: 1, differences: [{ kind: 'missing', id: 'b/é', postgres: null }] }],
  });
  const { code, stdout } = await run();
  expect(code).toBe(1);
  expect(stdout).toContain(`${source}: 1 difference (3 documents compared`);
  expect(stdout).toMatch(/missing {2}b\/é\s+1-\w+\s+-\n/);
  expect(stdout).toContain(`cht-sync verify --source ${source} --repair`);

  expect(await json('--repair', '--source', here.source.name)).toMatchObject({
    ...{ code: 0, same: true },
    sources: [{ source, missing: 1, repaired: 1, remaining: 0 }],
  });
  expect(await json('--source', source)).toMatchObject({ code: 0, same: true });
  expect((await here.sql(`SELECT missing, compared::integer FROM v1.couchdb_verify`)).rows).toEqual([
    { missing: '0', compared: 3 },
  ]);

  expect(await run('--source', 'nowhere')).toMatchObject({
    ...{ code: 2, stdout: '' },
    stderr: expect.stringContaining(`Give one of: ${source}`) as string,
  });
});

test('a database that cannot be verified is named, and does not keep the others from it', async () => {
  await using here = await comparedSource(['a']);
  await using folder = await createTemporaryFolder();
  const env = {
    ...couchDbVariables(here.couchdb, [here.source]),
    ...postgresVariables(here.database),
    COUCHDB_DBS: `no-such-database,${here.source.name}`,
  };
  await using command = new Command(['verify'], { folder: folder.path, env });
  expect(await command.end()).toMatchObject({ code: 1 });
  expect(command.stdout).toMatch(/no-such-database: could not be verified: .*\[COUCHDB_DATABASE_MISSING\]/);
  expect(command.stdout).toContain(`${here.sides.source}: the same (1 document compared`);
});
