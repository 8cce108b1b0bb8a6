import { readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';

/** The files below a folder that hold one of the secrets, but for those whose path matches `allowed`. */
export async function filesWithSecret(folder: string, secrets: readonly string[], allowed?: RegExp): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const found: string[] = [];
  for (const entry of entries.filter((one) => one.isFile())) {
    const path = join(entry.parentPath, entry.name);
    const name = relative(folder, path);
    if (allowed?.test(name) === true) continue;
    // A file that has just gone holds nothing.
    const content = await readFile(path).catch(() => Buffer.alloc(0));
    if (secrets.some((secret) => content.includes(secret))) found.push(name);
  }
  return found;
}

/**
 * What to look for where a secret may have leaked.
 *
 * @param core - a part of it that no escaping changes.
 */
export function formsOf(secret: string, core: string, user: string): string[] {
  const headers = [secret, `${user}:${secret}`].flatMap((text) => {
    const bytes = Buffer.from(text);
    return [bytes.toString('base64'), bytes.toString('base64url')];
  });
  return [...new Set([core, ...headers])];
}
