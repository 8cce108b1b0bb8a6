import { cp, readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import dockerignore from '@balena/dockerignore';

/** The files that a builder is sent: those of a folder that its ignore file does not keep back. */
export class BuildContext {
  constructor(
    private readonly folder: string,
    /** By their paths from the folder. */
    readonly files: ReadonlySet<string>,
  ) {}

  /** Reads what is in a folder, but for what stands in the way of reading it: history and installed packages. */
  static async read(folder: string, ignoreFile: string): Promise<BuildContext> {
    const rules = dockerignore.default().add(await readFile(ignoreFile, 'utf8'));
    const files: string[] = [];
    for (const entry of await readdir(folder, { withFileTypes: true })) {
      if (['.git', 'node_modules', '.python'].includes(entry.name)) continue;
      const paths = entry.isDirectory() ? await filesBelow(join(folder, entry.name)) : [join(folder, entry.name)];
      files.push(...paths.map((path) => relative(folder, path)));
    }
    return new BuildContext(folder, new Set(rules.filter(files)));
  }

  /** Copies a file, or all of a folder, as COPY does. */
  async copy(from: string, to: string): Promise<void> {
    const wanted = [...this.files].filter((file) => file === from || file.startsWith(`${from}/`));
    if (wanted.length === 0) throw new Error(`The builder is not sent ${from}.`);
    for (const file of wanted) {
      await cp(join(this.folder, file), file === from ? to : join(to, relative(from, file)), { recursive: true });
    }
  }
}

async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => !entry.isDirectory()).map((entry) => join(entry.parentPath, entry.name));
}
