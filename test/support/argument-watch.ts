import { allProcesses } from './processes.js';

/** Looks again and again for secrets in the arguments of all processes, until it is disposed of. */
export interface ArgumentWatch extends AsyncDisposable {
  /** Adds a secret that has come to be known. */
  add(secret: string): void;
  /** The command lines that held one of the secrets. */
  readonly found: ReadonlySet<string>;
  /** How many command lines were looked at that hold a text. */
  seen(text: string): number;
}

const everyMs = 100;

/** Starts to look for secrets that no other process on this machine can have. */
export function watchArguments(...secrets: string[]): ArgumentWatch {
  const wanted = new Set(secrets);
  const lines = new Set<string>();
  const found = new Set<string>();
  const look = async () => {
    for (const { commandLine } of await allProcesses()) {
      lines.add(commandLine);
      if ([...wanted].some((secret) => commandLine.includes(secret))) found.add(commandLine);
    }
  };
  let looking = look();
  const timer = setInterval(() => void (looking = look()), everyMs);
  return {
    add: (secret) => wanted.add(secret),
    found,
    seen: (text) => [...lines].filter((line) => line.includes(text)).length,
    [Symbol.asyncDispose]: async () => {
      clearInterval(timer);
      await looking;
    },
  };
}
