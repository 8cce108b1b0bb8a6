/** Ctrl-C in a terminal reaches the process twice when npm passes it on. */
const sameKeyPressMs = 1000;
const exitCodeOfSecond = 130;

/** A signal that aborts when the process is told to stop. */
export interface StopSignal {
  readonly signal: AbortSignal;
  /** Stops listening. */
  release(): void;
}

/** SIGINT and SIGTERM abort the signal once; when one comes again later, the process ends at once. */
export function listenForStop(onStop: () => void): StopSignal {
  const controller = new AbortController();
  let first: number | undefined;
  const listener = () => {
    const now = Date.now();
    if (first !== undefined && now - first > sameKeyPressMs) process.exit(exitCodeOfSecond);
    if (first !== undefined) return;
    first = now;
    onStop();
    controller.abort();
  };
  process.on('SIGINT', listener);
  process.on('SIGTERM', listener);
  return {
    signal: controller.signal,
    release: () => {
      process.off('SIGINT', listener);
      process.off('SIGTERM', listener);
    },
  };
}
