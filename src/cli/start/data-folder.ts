import { randomUUID } from 'node:crypto';
import { link, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf, SyncError } from '../../lib/index.js';
import { processIdentity } from './process-identity.js';

/** A folder that this process alone uses. */
export interface DataFolder {
  readonly path: string;
  /** Lets another process have it. */
  release(): Promise<void>;
}

interface Owner {
  readonly pid: number;
  readonly identity: string;
}

const tries = 5;

/**
 * Makes the folder and takes it for this process. A file left by a process that was killed does not count, nor does it
 * when its id has meanwhile been given to another process.
 *
 * @throws SyncError ALREADY_RUNNING when another process has it; EMBEDDED_FAILED when it cannot be written.
 */
export async function takeDataFolder(path: string, pid = process.pid): Promise<DataFolder> {
  const file = join(path, 'running.json');
  const own = JSON.stringify({ pid, identity: processIdentity(pid) ?? '' } satisfies Owner);
  try {
    await mkdir(path, { recursive: true });
    for (let attempt = 0; attempt < tries; attempt += 1) {
      if (await createWhole(file, own)) return { path, release: () => rm(file, { force: true }) };
      const found = await readFile(file, 'utf8').catch(() => undefined);
      if (found === undefined) continue;
      const owner = ownerIn(found);
      if (owner !== undefined && processIdentity(owner.pid) === owner.identity) throw alreadyRunning(path, owner.pid);
      await moveAway(file, found);
    }
  } catch (error) {
    if (error instanceof SyncError) throw error;
    throw new SyncError('EMBEDDED_FAILED', `The folder ${path} cannot be used: ${messageOf(error)}`, {
      remedy: 'Make it writable for this user, or set EMBEDDED_DATA_DIR to another.',
      cause: error,
    });
  }
  throw alreadyRunning(path);
}

/** Makes a file that nobody ever sees without its content; false when there is one already. */
async function createWhole(file: string, content: string): Promise<boolean> {
  const draft = `${file}.${randomUUID()}`;
  await writeFile(draft, content);
  try {
    await link(draft, file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    await rm(draft, { force: true });
  }
}

function ownerIn(content: string): Owner | undefined {
  try {
    const { pid, identity } = JSON.parse(content) as Partial<Owner>;
    return typeof pid === 'number' && typeof identity === 'string' ? { pid, identity } : undefined;
  } catch {
    return undefined;
  }
}

/** Of several processes that start at once, one may meanwhile have put its own file there: that goes back. */
async function moveAway(file: string, leftOver: string): Promise<void> {
  const aside = `${file}.${randomUUID()}`;
  try {
    await rename(file, aside);
  } catch {
    return;
  }
  if ((await readFile(aside, 'utf8')) !== leftOver) await link(aside, file).catch(() => undefined);
  await rm(aside, { force: true });
}

function alreadyRunning(path: string, pid?: number): SyncError {
  const who = pid === undefined ? '' : ` (process ${pid})`;
  return new SyncError('ALREADY_RUNNING', `CHT Sync already runs on the folder ${path}${who}.`, {
    remedy: 'Stop the other one, or set EMBEDDED_DATA_DIR to another folder.',
  });
}
