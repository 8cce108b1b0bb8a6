import type { CliSurroundings } from './surroundings.js';

/** Ctrl-C in a terminal reaches the process twice when npm passes it on. */
const sameKeyPressMs = 1000;
const exitCodeOfSecond = 130;

/** A signal that aborts when the process is told to stop. */
export interface StopSignal {
  readonly signal: AbortSignal;
  /** Stops listening. */
  release(): void;
}

/**
 * SIGINT and SIGTERM abort the signal once; when one comes again later, the process ends at once. A terminal that is
 * closed and output that nobody reads any more abort it as well: what was started would be left running otherwise.
 */
export function listenForStop({ stdout, stderr }: CliSurroundings, onStop: () => void): StopSignal {
  const controller = new AbortController();
  let first: number | undefined;
  const stop = () => {
    if (first !== undefined) return;
    first = Date.now();
    onStop();
    controller.abort();
  };
  const stopOrEnd = () => {
    if (first !== undefined && Date.now() - first > sameKeyPressMs) process.exit(exitCodeOfSecond);
    stop();
  };
  process.on('SIGINT', stopOrEnd).on('SIGTERM', stopOrEnd).on('SIGHUP', stop);
  for (const stream of [stdout, stderr]) stream.on('error', stop);
  return {
    signal: controller.signal,
    release: () => {
      process.off('SIGINT', stopOrEnd).off('SIGTERM', stopOrEnd).off('SIGHUP', stop);
      for (const stream of [stdout, stderr]) stream.off('error', stop);
    },
  };
}
