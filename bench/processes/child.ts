import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** A program of this folder in a process of its own, so that its CPU and memory are its own too. */
export interface Child<Calls> extends AsyncDisposable {
  readonly pid: number;
  /** Ends it; kills it when it takes longer than 15 seconds. */
  stop(): Promise<void>;
  /** Calls what the program offers. */
  call<Name extends keyof Calls & string>(
    name: Name,
    ...args: ParametersOf<Calls[Name]>
  ): Promise<ResultOf<Calls[Name]>>;
}

type ParametersOf<T> = T extends (...args: infer P) => unknown ? P : never;
type ResultOf<T> = T extends (...args: never[]) => infer R ? Awaited<R> : never;

interface Answer {
  readonly id: number;
  readonly result?: unknown;
  readonly error?: string;
}

const killAfterMs = 15_000;

/** Starts a program of this folder by its name. It ends when disposed of, or with this process. */
export async function startChild<Calls>(name: string): Promise<Child<Calls>> {
  const child = fork(fileURLToPath(new URL(`./${name}.js`, import.meta.url)), {
    stdio: ['ignore', 2, 2, 'ipc'],
    execArgv: process.env.BENCH_CHILD_FLAGS?.split(' ').map((flag) => flag.replace('%n', name)) ?? [],
  });
  const ended = once(child, 'exit');
  const waiting = new Map<number, { resolve: (result: unknown) => void; reject: (error: Error) => void }>();
  child.on('exit', () => {
    for (const { reject } of waiting.values()) reject(new Error(`the process ${name} has ended`));
  });
  let calls = 0;
  child.on('message', ({ id, result, error }: Answer) => {
    const call = waiting.get(id);
    waiting.delete(id);
    if (error === undefined) call?.resolve(result);
    else call?.reject(new Error(`${name}: ${error}`));
  });
  await once(child, 'message');
  const { pid } = child;
  if (pid === undefined) throw new Error(`the process ${name} did not start`);
  const stop = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.disconnect();
    const late = setTimeout(() => child.kill('SIGKILL'), killAfterMs);
    await ended;
    clearTimeout(late);
  };
  return {
    pid,
    call: (called, ...args) =>
      new Promise((resolve, reject) => {
        calls += 1;
        waiting.set(calls, { resolve: resolve as (result: unknown) => void, reject });
        child.send({ id: calls, name: called, args });
      }),
    stop,
    [Symbol.asyncDispose]: stop,
  };
}
