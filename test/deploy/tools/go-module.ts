import { outputOf } from './run.js';

/** A module of Go at one version. */
export interface PinnedModule {
  readonly path: string;
  readonly version: string;
  /** The checksum of its files, as in a go.sum: `h1:...`. */
  readonly sum: string;
}

/**
 * The folder of a module in Go's own cache; it must not be written to.
 *
 * @throws Error when it cannot be fetched, or is not the one that was pinned.
 */
export async function goModule({ path, version, sum }: PinnedModule): Promise<string> {
  const found = JSON.parse(await outputOf('go', ['mod', 'download', '-json', `${path}@${version}`])) as {
    readonly Dir: string;
    readonly Sum: string;
  };
  if (found.Sum !== sum) throw new Error(`${path}@${version} has the checksum ${found.Sum}, not ${sum}.`);
  return found.Dir;
}
