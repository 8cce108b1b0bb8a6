import { fileURLToPath } from 'node:url';

/** A path in the repository; compiled, this file is in `.cht-sync/bench/bench/`. */
export function inRepository(path: string): string {
  return fileURLToPath(new URL(`../../../${path}`, import.meta.url));
}
