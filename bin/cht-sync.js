#!/usr/bin/env node
import { existsSync } from 'node:fs';

const main = new URL('../dist/main.js', import.meta.url);
if (existsSync(main)) {
  await import(main.href);
} else {
  process.stderr.write('Error: CHT Sync is not built yet.\n  What to do: run `npm run setup` in its folder.\n');
  process.exitCode = 1;
}
