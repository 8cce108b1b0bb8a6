import { constants } from 'node:fs';
import { cp, mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { run } from '../tools/run.js';
import type { BuildContext } from './build-context.js';
import type { Stage, Step } from './dockerfile.js';

/** The folders of the images that are made under the folder of a stage; all else is the system of the machine. */
const ownPaths = /(?<![\w./])\/(?:opt|var\/lib)\/cht-sync(?![\w-])/g;
/** What only root may do, and to the system: it is not done, but listed. */
const ofTheSystem = /^(?:apt-get|groupadd|useradd) /;

/** An image as a plain folder. */
export interface PlainImage {
  /** Stands for `/`. */
  readonly root: string;
  readonly workdir: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly user: string;
  readonly entrypoint: readonly string[];
  readonly command: readonly string[];
  readonly healthcheck: readonly string[];
  /** The RUN steps that were not done, because they change the system. */
  readonly systemSteps: readonly string[];
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** What a build works with. */
export interface PlainBuildOptions {
  readonly stages: readonly Stage[];
  readonly context: BuildContext;
  /** An empty folder. */
  readonly folder: string;
  /** The environment of RUN steps. */
  readonly environment: NodeJS.ProcessEnv;
  /** Stands for what a RUN step would make; the step is not carried out then. */
  readonly inPlaceOf: (command: string) => ((workdir: string) => Promise<void>) | undefined;
}

/**
 * Does the steps of a Dockerfile in folders, one a stage, without a container engine and without root. Stages that do not
 * need each other are built at the same time.
 */
export class PlainBuild {
  readonly #built = new Map<string, Promise<PlainImage>>();

  constructor(private readonly options: PlainBuildOptions) {}

  /** The image of a stage; each is built once. */
  async image(name: string): Promise<PlainImage> {
    const stage = this.options.stages.find((candidate) => candidate.name === name);
    if (stage === undefined) throw new Error(`There is no stage ${name}.`);
    const built = this.#built.get(name) ?? this.#build(name, stage);
    this.#built.set(name, built);
    return built;
  }

  async #build(name: string, stage: Stage): Promise<PlainImage> {
    const root = join(this.options.folder, name);
    await mkdir(root);
    const image = await this.#begin(root, stage);
    // Those it copies from are built meanwhile.
    const others = stage.steps.flatMap((step) => step.flags.get('from') ?? []);
    await Promise.all(others.map((other) => this.image(other)));
    for (const step of stage.steps) await this.#do(step, image);
    return image;
  }

  async #begin(root: string, { base }: Stage): Promise<Mutable<PlainImage>> {
    if (!this.options.stages.some(({ name }) => name === base)) {
      const nothing = { entrypoint: [], command: [], healthcheck: [], systemSteps: [] };
      return { root, workdir: root, environment: {}, user: 'root', ...nothing };
    }
    const from = await this.image(base);
    await copyTree(from.root, root);
    const moved = (text: string) => text.replaceAll(from.root, root);
    return {
      ...from,
      root,
      workdir: moved(from.workdir),
      environment: Object.fromEntries(Object.entries(from.environment).map(([name, text]) => [name, moved(text)])),
      healthcheck: from.healthcheck.map(moved),
    };
  }

  async #do(step: Step, image: Mutable<PlainImage>): Promise<void> {
    const here = (text: string) => text.replaceAll(ownPaths, (path) => join(image.root, path));
    switch (step.keyword) {
      case 'WORKDIR':
        image.workdir = here(step.text);
        await mkdir(image.workdir, { recursive: true });
        return;
      case 'COPY':
        return this.#copy(step, image);
      case 'RUN':
        return this.#run(here(step.text), step.text, image);
      case 'ENV': {
        const set = Object.entries(step.properties).map(([name, text]) => [name, here(text)]);
        image.environment = { ...image.environment, ...(Object.fromEntries(set) as Record<string, string>) };
        return;
      }
      case 'USER':
        image.user = step.text;
        return;
      case 'ENTRYPOINT':
        image.entrypoint = step.words.map(here);
        return;
      case 'CMD':
        image.command = step.words.map(here);
        return;
      case 'HEALTHCHECK':
        image.healthcheck = step.words.map(here);
        return;
      case 'EXPOSE':
      case 'LABEL':
      case 'STOPSIGNAL':
        return;
      default:
        throw new Error(`${step.keyword} is not known here.`);
    }
  }

  async #copy({ words, flags }: Step, { workdir }: PlainImage): Promise<void> {
    const [target, sources] = [words.at(-1)!, words.slice(0, -1)];
    const from = flags.get('from');
    for (const source of sources) {
      const to = target.endsWith('/') ? join(workdir, target, source.split('/').at(-1)!) : join(workdir, target);
      await mkdir(dirname(to), { recursive: true });
      if (from === undefined) await this.options.context.copy(source, to);
      else await copyTree(join((await this.image(from)).root, source), to);
    }
  }

  async #run(command: string, written: string, image: Mutable<PlainImage>): Promise<void> {
    if (ofTheSystem.test(written)) {
      image.systemSteps = [...image.systemSteps, written];
      return;
    }
    const instead = this.options.inPlaceOf(written);
    if (instead !== undefined) return instead(image.workdir);
    const env = { ...this.options.environment, ...image.environment };
    const { exitCode, stdout, stderr } = await run('sh', ['-ec', command], { cwd: image.workdir, env });
    if (exitCode !== 0) throw new Error(`RUN ${command}\nended with ${exitCode}:\n${stderr}${stdout}`);
  }
}

/** As `cp -a`: links stay links, times and modes stay. */
async function copyTree(from: string, to: string): Promise<void> {
  const mode = constants.COPYFILE_FICLONE;
  await cp(from, to, { recursive: true, preserveTimestamps: true, verbatimSymlinks: true, mode });
}
