import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** The folder of the project. */
export const repository = resolve(import.meta.dirname, '../../..');

/** A page of the documentation. */
export interface Page {
  /** Its path in the repository. */
  readonly path: string;
  readonly text: string;
}

const beside = ['README.md', 'CONTRIBUTING.md', 'SECURITY.md', 'ARCHITECTURE.md', 'pipeline/README.md'];

/** Pages that are made from the code, and so are of another form. */
export const generated = new Set(['docs/configuration.md', 'docs/errors.md', 'docs/metrics.md']);

/** All pages that are written for users. */
export function readPages(): Page[] {
  const docs = readdirSync(join(repository, 'docs')).filter((name) => name.endsWith('.md'));
  const there = new Set(readdirSync(repository));
  return [...beside.filter((path) => path.includes('/') || there.has(path)), ...docs.map((name) => `docs/${name}`)].map(
    (path) => ({ path, text: readFileSync(join(repository, path), 'utf8') }),
  );
}
