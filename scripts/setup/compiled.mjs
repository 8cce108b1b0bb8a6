import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { build, buildStamp } from '../build.mjs';
import { inRoot } from './places.mjs';

/** dist/, made from src/. */
export const compiled = {
  title: 'CHT Sync itself',
  isDone: () => newest(inRoot('src'), inRoot('tsconfig.json'), inRoot('tsconfig.build.json')) <= madeAt(),
  run: build,
};

function madeAt() {
  return statSync(buildStamp, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

/** When the newest of some files and of all in a folder was changed; a folder is newer when a file was removed. */
function newest(folder, ...files) {
  let latest = statSync(folder).mtimeMs;
  for (const file of files) latest = Math.max(latest, statSync(file).mtimeMs);
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) latest = Math.max(latest, newest(path));
    else if (!entry.name.endsWith('.test.ts')) latest = Math.max(latest, statSync(path).mtimeMs);
  }
  return latest;
}
