/** Removes what is made from the sources; with `--all` also the dependencies and the data of the demonstration. */
import { rmSync } from 'node:fs';
import { inRoot } from './setup/places.mjs';

const made = ['dist', 'pipeline/target', 'pipeline/dbt_packages', 'dbt/target', 'dbt/dbt_packages'];
const kept = ['.cht-sync', '.python', 'node_modules'];

for (const name of process.argv.includes('--all') ? [...made, ...kept] : made) {
  rmSync(inRoot(name), { recursive: true, force: true });
}
