import { existsSync } from 'node:fs';
import { cp, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { z } from 'zod';
import { isPartOfPackage } from './folder-fingerprint.js';
import { gitLocation, type PackageSource } from './source.js';
import { bundledName, standIn } from './stand-in.js';

const projectSchema = z.object({
  /** The name of the project's folder. */
  folder: z.string(),
  selection: z.union([z.object({ selector: z.string() }), z.object({ select: z.array(z.string()) })]),
});

const installedSchema = projectSchema.extend({
  /** The `sourceKey` of what it was installed from. */
  source: z.string(),
  revision: z.string().optional(),
  /** Whether it asks for other packages, which may change though it does not. */
  asksForPackages: z.boolean(),
  /** Those that were in use before, and of which tables still stand: the newest first. */
  predecessors: z.array(projectSchema).default([]),
});

/** A project that has been parsed well. */
export type ParsedProject = Readonly<z.infer<typeof projectSchema>>;

/** The package that was last installed and parsed well. */
export type Installed = Readonly<z.infer<typeof installedSchema>>;

/**
 * The dbt projects of one dataemon, a folder each, so that a new package is tried beside the one in use. A local package
 * is copied: half an edit, or a broken one, must not reach what is in use.
 */
export class ProjectFolders {
  /**
   * @param template - the folder with what each project has, and with the package that stands in for v2's.
   * @param bundled - the folder of the package that CHT Sync brings.
   */
  constructor(
    private readonly root: string,
    private readonly template: string,
    private readonly bundled: string,
  ) {}

  path(folder: string): string {
    return join(this.root, folder);
  }

  /** Makes a project that asks for the package. */
  async create(folder: string, source: PackageSource): Promise<void> {
    const project = this.path(folder);
    await rm(project, { recursive: true, force: true });
    await mkdir(project, { recursive: true });
    await this.refresh(folder);
    await copyPackage(this.bundled, join(project, bundledName));
    if (source.kind === 'local') await copyPackage(source.path, join(project, 'package'));
    await writeFile(join(project, 'packages.yml'), packagesFile(source));
  }

  /** Takes over our own part of a project from this version of CHT Sync. */
  async refresh(folder: string): Promise<void> {
    for (const name of ['dbt_project.yml', 'profiles.yml', 'macros']) {
      await cp(join(this.template, name), join(this.path(folder), name), { recursive: true });
    }
  }

  /** Puts the package that stands in for v2's beside those that are installed. */
  async addStandIn(folder: string): Promise<void> {
    await copyPackage(join(this.template, standIn), join(this.path(folder), 'dbt_packages', standIn));
  }

  /** What is in use, from an earlier start. */
  async installed(): Promise<Installed | undefined> {
    try {
      const read = installedSchema.parse(JSON.parse(await readFile(join(this.root, 'installed.json'), 'utf8')));
      return existsSync(this.path(read.folder)) ? read : undefined;
    } catch {
      return undefined;
    }
  }

  /** From now on this one is in use, and its predecessors; all others are removed. */
  async use(installed: Installed): Promise<void> {
    const file = join(this.root, 'installed.json');
    await writeFile(`${file}.new`, JSON.stringify(installed, undefined, 2));
    await rename(`${file}.new`, file);
    const kept = new Set(['installed.json', ...[installed, ...installed.predecessors].map(({ folder }) => folder)]);
    for (const name of await readdir(this.root)) {
      if (!kept.has(name)) await rm(this.path(name), { recursive: true, force: true });
    }
  }
}

/** The text of packages.yml, as JSON, which is YAML too. */
export function packagesFile(source: PackageSource): string {
  return `${JSON.stringify({ packages: [packageEntry(source)] }, undefined, 2)}\n`;
}

function packageEntry(source: PackageSource): Readonly<Record<string, unknown>> {
  switch (source.kind) {
    case 'bundled':
      return { local: bundledName };
    case 'local':
      return { local: 'package' };
    case 'git': {
      const { repository, revision } = gitLocation(source.url);
      return { git: repository, ...(revision === undefined ? {} : { revision }), 'warn-unpinned': false };
    }
    case 'tarball':
      // dbt wants a name for the folder; the package itself tells its own.
      return { tarball: source.url, name: 'package' };
  }
}

async function copyPackage(from: string, to: string): Promise<void> {
  await cp(from, to, {
    recursive: true,
    dereference: true,
    filter: (path) => path === from || isPartOfPackage(basename(path)),
  });
}

/** Whether a package asks for others. */
export function asksForPackages(folder: string): boolean {
  return ['packages.yml', 'dependencies.yml'].some((file) => existsSync(join(folder, file)));
}
