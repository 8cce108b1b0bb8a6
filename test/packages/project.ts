import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { ProjectFolders } from '../../src/dataemon/package/project-folder.js';

const repository = resolve(import.meta.dirname, '../..');

/** The folder of a project with the packages installed, as the dataemon makes it. */
export interface PackageProject extends AsyncDisposable {
  readonly folder: string;
}

/** Makes the project that the dataemon would run for a package in this folder. */
export async function createProject(path: string): Promise<PackageProject> {
  const root = await mkdtemp(join(tmpdir(), 'cht-sync-project-'));
  const folders = new ProjectFolders(root, join(repository, 'dbt'), join(repository, 'pipeline'));
  await folders.create('project', { kind: 'local', path });
  const folder = folders.path('project');
  const env = { ...process.env, POSTGRES_HOST: '', POSTGRES_USER: '', POSTGRES_PASSWORD: '', POSTGRES_DB: '' };
  const dbt = join(repository, '.python/bin/dbt');
  await promisify(execFile)(dbt, ['deps', '--project-dir', folder, '--profiles-dir', folder], { env });
  await folders.addStandIn('project');
  return { folder, [Symbol.asyncDispose]: () => rm(root, { recursive: true, force: true }) };
}
