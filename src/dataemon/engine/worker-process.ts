import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { createInterface } from 'node:readline';
import { messageOf, SyncError } from '../../lib/index.js';
import { DbtError, type OnProgress } from './engine.js';
import { messageSchema } from './protocol.js';

/** How the worker is started. */
export interface WorkerProcessOptions {
  readonly python: string;
  /** The path of worker.py. */
  readonly script: string;
  /** All of its environment; secrets come this way only. */
  readonly environment: Readonly<Record<string, string>>;
}

interface Pending {
  readonly id: number;
  readonly onProgress: OnProgress;
  resolve(result: unknown): void;
  reject(error: Error): void;
}

const keptWords = 4_000;
/** How long a worker that was told to stop has to cancel its statements in PostgreSQL. */
const interruptGraceMs = 2_000;

/** One process of dbt/worker.py; it answers one request at a time, until it ends for whatever reason. */
export class WorkerProcess {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #ended: Promise<void>;
  #alive = true;
  #why: string | undefined;
  #lastWords = '';
  #lastId = 0;
  #pending: Pending | undefined;
  #memory = 0;

  constructor(options: WorkerProcessOptions) {
    // A process group of its own: a Ctrl-C in the terminal is for the parent, which drains.
    this.#child = spawn(options.python, [options.script], { env: options.environment, detached: true });
    this.#ended = new Promise((resolve) => {
      this.#child.once('error', (error) => {
        this.#end(messageOf(error));
        resolve();
      });
      this.#child.once('close', (code, signal) => {
        this.#end(signal === null ? `it ended with code ${code ?? 'unknown'}` : `it was ended by ${signal}`);
        resolve();
      });
    });
    this.#child.stdin.on('error', () => undefined);
    this.#child.stderr.on('data', (chunk: Buffer) => {
      this.#lastWords = (this.#lastWords + chunk.toString()).slice(-keptWords);
    });
    createInterface({ input: this.#child.stdout }).on('line', (line) => this.#receive(line));
  }

  get alive(): boolean {
    return this.#alive;
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Its resident memory at the last answer, in bytes. */
  get memory(): number {
    return this.#memory;
  }

  /**
   * Has it do something.
   *
   * @param timeoutMs - after which it is stopped.
   * @throws DbtError when dbt could not; SyncError DBT_WORKER_FAILED when the worker died or took too long.
   */
  async request(
    command: string,
    parameters: Readonly<Record<string, unknown>>,
    timeoutMs: number,
    onProgress: OnProgress = () => undefined,
  ): Promise<unknown> {
    if (!this.#alive) throw this.#failure(command);
    if (this.#pending !== undefined) throw new Error(`The worker is asked for ${command} while it works.`);
    const id = (this.#lastId += 1);
    const timer = setTimeout(() => {
      this.#why = `it did not end within ${Math.round(timeoutMs / 1000)} s`;
      void this.kill();
    }, timeoutMs);
    try {
      return await new Promise((resolve, reject) => {
        this.#pending = {
          id,
          onProgress,
          resolve,
          reject: (error) =>
            reject(error instanceof DbtError && this.#why === undefined ? error : this.#failure(command)),
        };
        this.#child.stdin.write(`${JSON.stringify({ id, command, ...parameters })}\n`);
      });
    } finally {
      clearTimeout(timer);
      this.#pending = undefined;
    }
  }

  /** Ends it: at once when it has nothing to do, else after it has cancelled what it does in PostgreSQL. */
  async kill(): Promise<void> {
    if (!this.#alive) return;
    this.#why ??= 'it was stopped';
    if (this.#pending !== undefined) {
      this.#child.kill('SIGINT');
      await Promise.race([this.#ended, this.#answered(), pause(interruptGraceMs)]);
    }
    this.#killGroup();
    await this.#ended;
  }

  /** With what it has started, such as a git that waits for a server. */
  #killGroup(): void {
    try {
      if (this.#child.pid !== undefined) process.kill(-this.#child.pid, 'SIGKILL');
    } catch {
      this.#child.kill('SIGKILL');
    }
  }

  async #answered(): Promise<void> {
    while (this.#alive && this.#pending !== undefined) await pause(20);
  }

  #receive(line: string): void {
    const message = messageSchema.safeParse(parseJson(line));
    const pending = this.#pending;
    if (!message.success || pending?.id !== message.data.id) return;
    const { data } = message;
    if ('event' in data) {
      // What ends because the worker was told to stop has not come to its end.
      if (this.#why === undefined) pending.onProgress(data.node, data.event);
      return;
    }
    this.#memory = data.memory ?? this.#memory;
    if ('error' in data) pending.reject(new DbtError(data.error));
    else pending.resolve(data.result);
  }

  #end(why: string): void {
    this.#alive = false;
    this.#why ??= why;
    this.#pending?.reject(new Error(why));
  }

  #failure(command: string): SyncError {
    const words = this.#lastWords.trim();
    return new SyncError(
      'DBT_WORKER_FAILED',
      `dbt's worker failed at "${command}": ${this.#why ?? 'it does not run'}${words === '' ? '' : `; its last words: ${words}`}`,
      { remedy: "If it repeats, run `npm run setup` to renew dbt's private environment.", passing: true },
    );
  }
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

async function pause(ms: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, ms));
}
