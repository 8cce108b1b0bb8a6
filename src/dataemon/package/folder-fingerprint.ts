import { createHash } from 'node:crypto';
import { readdir, stat } from 'node:fs/promises';
import { join, relative } from 'node:path';

/** Folders in a package that are made, not written. */
const made = new Set(['target', 'dbt_packages', 'logs', 'node_modules', 'venv', '__pycache__', 'package-lock.yml']);

/** Whether a file or folder of this name is part of a package. */
export function isPartOfPackage(name: string): boolean {
  return !name.startsWith('.') && !made.has(name);
}

/** Changes whenever a file of a package's folder is edited, added or removed. Reads no file's content. */
export async function folderFingerprint(folder: string): Promise<string> {
  const hash = createHash('sha256');
  for (const file of await filesOf(folder)) {
    const { size, mtimeMs } = await stat(file);
    hash.update(`${relative(folder, file)}\0${size}\0${mtimeMs}\n`);
  }
  return hash.digest('hex');
}

async function filesOf(folder: string): Promise<string[]> {
  const entries = (await readdir(folder, { withFileTypes: true })).filter(({ name }) => isPartOfPackage(name));
  const files = await Promise.all(
    entries.map(async (entry) => {
      const path = join(folder, entry.name);
      const isFolder = entry.isSymbolicLink() ? (await stat(path)).isDirectory() : entry.isDirectory();
      return isFolder ? filesOf(path) : [path];
    }),
  );
  return files.flat().sort();
}
