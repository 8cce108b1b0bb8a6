import { spawn, type ChildProcessByStdio } from 'node:child_process';
import type { Readable } from 'node:stream';
import { vi } from 'vitest';

/** A script of a page, under way in a group of processes of its own. */
export class Script implements AsyncDisposable {
  readonly #child: ChildProcessByStdio<null, Readable, Readable>;
  readonly #ended: Promise<number | null>;
  #output = '';
  #hasEnded = false;

  /** @param shell - `sh` or `bash`: it ends at the first command that fails. */
  constructor(shell: string, text: string, folder: string, env: Readonly<Record<string, string>>) {
    const strict = shell === 'bash' ? ['-e', '-o', 'pipefail'] : ['-e'];
    this.#child = spawn(shell, [...strict, '-c', text], {
      cwd: folder,
      env,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream.setEncoding('utf8').on('data', (piece: string) => (this.#output += piece));
    }
    this.#ended = new Promise((resolve, reject) => {
      this.#child.once('error', reject).once('close', (code) => {
        this.#hasEnded = true;
        resolve(code);
      });
    });
  }

  /** All that it has printed. */
  get output(): string {
    return this.#output;
  }

  /** Its exit code, when it has ended by itself. */
  async end(): Promise<number | null> {
    return this.#ended;
  }

  /** Waits until it has said something. */
  async says(pattern: RegExp, timeout = 60_000): Promise<void> {
    const said = () => {
      if (!pattern.test(this.#output)) throw new Error(`it has not said ${String(pattern)}, but:\n${this.#output}`);
    };
    await vi.waitFor(said, { timeout, interval: 50 });
  }

  /** Tells all its processes to stop, as Ctrl-C does, and waits for the end; gives the exit code. */
  async stop(): Promise<number | null> {
    if (!this.#hasEnded && this.#child.pid !== undefined) process.kill(-this.#child.pid, 'SIGINT');
    return this.#ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#hasEnded || this.#child.pid === undefined) return;
    const { pid } = this.#child;
    const killing = setTimeout(() => process.kill(-pid, 'SIGKILL'), 20_000);
    await this.stop();
    clearTimeout(killing);
  }
}
