import { spawn, type ChildProcessByStdio } from 'node:child_process';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { expect, inject, vi } from 'vitest';

const executable = fileURLToPath(new URL('../../bin/cht-sync.js', import.meta.url));
const killAfterMs = 15_000;

/** Where and with what a command is started. */
export interface CommandOptions {
  /** The folder it is started in; its `.env` counts, and its data folder is made there. */
  readonly folder: string;
  /** All of its environment besides what any process needs. */
  readonly env?: Readonly<Record<string, string>>;
  /** What is started instead of the `cht-sync` of this checkout: a program and its first arguments. */
  readonly program?: readonly [string, ...string[]];
}

/** For a command whose dbt need not start as it really does: it is forked, in a quarter of the time. */
export const withPreloadedPython = (): Pick<CommandOptions, 'program'> => ({
  program: [process.execPath, inject('commandWithPreloadedPython')],
});

/** How a command has ended. */
export interface Ending {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** From the signal of `stop` to the end, in milliseconds. */
  readonly tookMs: number;
}

/** A line of the JSON log. */
export interface LogLine {
  readonly level: string;
  readonly msg: string;
  readonly code?: string;
  readonly remedy?: string;
  readonly [key: string]: unknown;
}

/** The real `cht-sync` as a process of its own, without a terminal; it is ended when the test ends. */
export class Command implements AsyncDisposable {
  readonly #child: ChildProcessByStdio<null, Readable, Readable>;
  readonly #ended: Promise<Pick<Ending, 'code' | 'signal'>>;
  #stdout = '';
  #stderr = '';
  #hasEnded = false;

  constructor(
    args: readonly string[],
    { folder, env = {}, program: [program, ...first] = [process.execPath, executable] }: CommandOptions,
  ) {
    this.#child = spawn(program, [...first, ...args], {
      cwd: folder,
      env: { PATH: process.env.PATH, HOME: folder, METRICS_PORT: '0', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child.stdout.setEncoding('utf8').on('data', (text: string) => (this.#stdout += text));
    this.#child.stderr.setEncoding('utf8').on('data', (text: string) => (this.#stderr += text));
    this.#ended = new Promise((resolve, reject) => {
      this.#child.once('error', reject);
      this.#child.once('close', (code, signal) => {
        this.#hasEnded = true;
        resolve({ code, signal });
      });
    });
  }

  get pid(): number {
    if (this.#child.pid === undefined) throw new Error('The command could not be started.');
    return this.#child.pid;
  }

  get stdout(): string {
    return this.#stdout;
  }

  get stderr(): string {
    return this.#stderr;
  }

  /** The lines of a JSON log that are warnings or errors. */
  get warnings(): LogLine[] {
    return this.#stderr
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line) as LogLine)
      .filter(({ level }) => level !== 'info' && level !== 'debug');
  }

  /** Waits until standard error matches. */
  async says(pattern: RegExp, timeout = 60_000): Promise<RegExpExecArray> {
    await vi.waitFor(() => expect(this.#stderr).toMatch(pattern), { timeout, interval: 20 });
    return pattern.exec(this.#stderr)!;
  }

  /** Waits until it has ended by itself. */
  async end(): Promise<Pick<Ending, 'code' | 'signal'>> {
    return this.#ended;
  }

  /** Reads its output no further, as a pipe's reader that has ended. */
  closeOutput(): void {
    this.#child.stdout.destroy();
    this.#child.stderr.destroy();
  }

  /** Tells it to stop and waits until it has. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<Ending> {
    const began = performance.now();
    this.#child.kill(signal);
    return { ...(await this.#ended), tookMs: performance.now() - began };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#hasEnded) return;
    const killing = setTimeout(() => this.#child.kill('SIGKILL'), killAfterMs);
    await this.stop();
    clearTimeout(killing);
  }
}
