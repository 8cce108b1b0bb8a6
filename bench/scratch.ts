import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A folder for a run of a benchmark, and what has to be ended before it is removed. */
export interface Scratch extends AsyncDisposable {
  readonly folder: string;
  /** Has something done at the end; the last is done first. */
  finally(ending: () => Promise<void>): void;
  /** Does all that; twice does no harm. */
  close(): Promise<void>;
}

/** Makes the folder. */
export async function openScratch(): Promise<Scratch> {
  const folder = await mkdtemp(join(tmpdir(), 'cht-sync-bench-'));
  const endings = [() => rm(folder, { recursive: true, force: true })];
  const close = async () => {
    for (let ending = endings.pop(); ending !== undefined; ending = endings.pop()) {
      await ending().catch((error: unknown) => process.stderr.write(`while tidying up: ${String(error)}\n`));
    }
  };
  return { folder, finally: (ending) => void endings.push(ending), close, [Symbol.asyncDispose]: close };
}
