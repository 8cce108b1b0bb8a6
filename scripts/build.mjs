/**
 * Builds dist/ from src/: compiles TypeScript, copies SQL, removes what has no source any more.
 * `npm run build`, and a step of the set-up.
 */
import { copyFileSync, existsSync, mkdirSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { inRoot } from './setup/places.mjs';
import { run } from './setup/run.mjs';

/** Its time is when the last whole build began. */
export const buildStamp = inRoot('dist', '.built');

const source = inRoot('src');
const target = inRoot('dist');

/** Builds everything. */
export async function build() {
  const began = new Date();
  const compiler = inRoot('node_modules', 'typescript', 'bin', 'tsc');
  const compiling = run(process.execPath, [compiler, '-p', 'tsconfig.build.json', '--pretty', 'false'], {
    what: 'Compiling CHT Sync (tsc)',
    otherwise: 'Correct what the compiler names above; in a fresh clone, please report it.',
  });
  for (const file of filesIn(source).filter((name) => name.endsWith('.sql'))) {
    mkdirSync(dirname(join(target, file)), { recursive: true });
    copyFileSync(join(source, file), join(target, file));
  }
  await compiling;
  for (const file of filesIn(target)) {
    const from = join(source, file.replace(/\.js(\.map)?$/, '.ts'));
    if (!file.startsWith('.') && !existsSync(from)) rmSync(join(target, file));
  }
  writeFileSync(buildStamp, '');
  utimesSync(buildStamp, began, began);
}

function filesIn(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath ?? entry.path, entry.name)));
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  try {
    await build();
  } catch (error) {
    console.error(error.message);
    process.exitCode = 1;
  }
}
