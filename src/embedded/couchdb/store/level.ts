import { mkdir } from 'node:fs/promises';
import { ClassicLevel } from 'classic-level';
import { messageOf, SyncError } from '../../../lib/index.js';

/** The store: text under keys that are ordered by their bytes in UTF-8. */
export type Level = ClassicLevel;

/** A write of the store; what is written together is there wholly or not at all, whenever the process is killed. */
export type Operation =
  | { readonly type: 'put'; readonly key: string; readonly value: string }
  | { readonly type: 'del'; readonly key: string };

const mebibyte = 1024 * 1024;

/**
 * Opens the store in a folder, which is made if it is not there.
 *
 * @throws SyncError EMBEDDED_FAILED when another process has it open, or the files cannot be used.
 */
export async function openLevel(folder: string): Promise<Level> {
  await mkdir(folder, { recursive: true });
  // Larger than LevelDB's own defaults, which double the time of bulk writes by rewriting many small files.
  const level: Level = new ClassicLevel(folder, {
    writeBufferSize: 32 * mebibyte,
    maxFileSize: 32 * mebibyte,
    cacheSize: 16 * mebibyte,
  });
  try {
    await level.open();
    return level;
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    if ((cause as { code?: unknown }).code === 'LEVEL_LOCKED') {
      throw new SyncError('EMBEDDED_FAILED', `Another process uses the embedded source in ${folder}.`, {
        remedy: 'Stop it, or use another EMBEDDED_DATA_DIR.',
        cause,
      });
    }
    throw new SyncError(
      'EMBEDDED_FAILED',
      `The embedded source in ${folder} could not be opened: ${messageOf(cause)}.`,
      { remedy: 'Make the folder writable; if its files are damaged, remove it to start afresh.', cause },
    );
  }
}

/** Writes together. */
export async function writeAll(level: Level, operations: readonly Operation[]): Promise<void> {
  await level.batch([...operations]);
}
