import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { messageOf, SyncError } from '../lib/index.js';
import { textOf } from './files/lines.js';
import { lockFileName, lockText, newLock, readLock, type Lock } from './lock-file.js';
import { nameOf } from './naming.js';
import type { Plan } from './plan.js';

/** Names that a package cannot have: of those it is installed with, and of dbt's own. */
const takenNames = new Set(['cht_pipeline', 'cht_pipeline_base', 'cht_sync', 'dbt', 'dbt_postgres']);

/** The folder of a package that this command has made, or will make. */
export class PackageFolder {
  private constructor(
    readonly path: string,
    readonly lock: Lock,
    /** Whether there is no package in it yet. */
    readonly isNew: boolean,
  ) {}

  /**
   * Looks into the folder.
   *
   * @param name - what the package shall be called; otherwise as it was, or as the folder is.
   * @throws SyncError SCAFFOLD_FOLDER_REFUSED when it holds something that this command has not made.
   */
  static open(path: string, name: string | undefined): PackageFolder {
    const lockPath = join(path, lockFileName);
    const text = attempt(path, 'read', () => (existsSync(lockPath) ? readFileSync(lockPath, 'utf8') : undefined));
    if (text === undefined) {
      const found = attempt(path, 'read', () => (existsSync(path) ? readdirSync(path) : []));
      const other = found.find((entry) => !entry.startsWith('.'));
      if (other !== undefined) {
        throw new SyncError(
          'SCAFFOLD_FOLDER_REFUSED',
          `The folder ${path} is not empty (it holds ${other}) and has no ${lockFileName}: it is not of this command.`,
          { remedy: 'Name an empty folder, or one that is not there yet, with --into.' },
        );
      }
      return new PackageFolder(path, newLock(checked(name ?? nameOf([basename(path)]))), true);
    }
    const lock = readLock(text, lockPath);
    if (name !== undefined && name !== lock.package) {
      throw new SyncError('SCAFFOLD_FOLDER_REFUSED', `The package in ${path} is called ${lock.package}, not ${name}.`, {
        remedy: 'Leave --name out, or name another folder with --into.',
      });
    }
    return new PackageFolder(path, lock, false);
  }

  /** The text of a file in it; undefined when there is none. */
  read(file: string): string | undefined {
    const path = join(this.path, file);
    return attempt(this.path, 'read', () => (existsSync(path) ? readFileSync(path, 'utf8') : undefined));
  }

  /** Whether a file is in it. */
  has(file: string): boolean {
    return existsSync(join(this.path, file));
  }

  /** Carries out a plan. The file that tells what was generated is written last: a run that was broken off is repeated. */
  write({ files, lock }: Plan): void {
    attempt(this.path, 'written to', () => {
      for (const { path, outcome } of files) {
        if (!('lines' in outcome)) continue;
        this.#put(outcome.kind === 'conflict' ? `${path}${besideSuffix}` : path, textOf(outcome.lines));
      }
      this.#put(lockFileName, lockText(lock));
    });
  }

  #put(file: string, text: string): void {
    const path = join(this.path, file);
    if (existsSync(path) && readFileSync(path, 'utf8') === text) return;
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(`${path}.partial`, text);
    renameSync(`${path}.partial`, path);
  }
}

/** What is put behind the name of a file to name the generated version that could not be merged into it. */
export const besideSuffix = '.new';

function checked(name: string): string {
  if (!takenNames.has(name)) return name;
  throw new SyncError('SCAFFOLD_FOLDER_REFUSED', `A package cannot be called ${name}: that name is taken.`, {
    remedy: 'Give another one with --name.',
  });
}

function attempt<T>(path: string, doing: string, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    throw new SyncError('SCAFFOLD_FOLDER_REFUSED', `The folder ${path} cannot be ${doing}: ${messageOf(cause)}`, {
      remedy: 'Correct its permissions, or name another one with --into.',
      cause,
    });
  }
}
