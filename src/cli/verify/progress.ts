import { createLogUpdate } from 'log-update';
import type { VerifyProgress } from '../../couch2pg/index.js';
import type { Log, LogOptions } from '../../lib/index.js';
import { bar, count, shorten } from '../start/text.js';

/** Shows how far a verification is until it is closed. */
export interface VerifyDisplay {
  /** Where the log goes meanwhile. */
  readonly log: Log;
  show(source: string, progress: VerifyProgress): void;
  close(): void;
}

const barWidth = 30;
const frameMs = 200;
const linesEveryMs = 10_000;

/**
 * A bar in place on a terminal; elsewhere a log line every few seconds.
 *
 * @param createLog - makes the log that writes to this destination.
 */
export function startVerifyProgress(
  stream: NodeJS.WriteStream,
  createLog: (destination: LogOptions['destination']) => Log,
): VerifyDisplay {
  return stream.isTTY ? onTerminal(stream, createLog) : asLines(createLog(stream));
}

function onTerminal(stream: NodeJS.WriteStream, createLog: Parameters<typeof startVerifyProgress>[1]): VerifyDisplay {
  const update = createLogUpdate(stream);
  // A line of the log goes above the bar.
  const log = createLog({ write: (text) => update.persist(text.trimEnd()) });
  let line = '';
  const draw = () => update(shorten(line, (stream.columns || 80) - 1));
  const timer = setInterval(draw, frameMs);
  return {
    log,
    show: (source, progress) => {
      const far = progress.total === 0 ? '' : `${bar(progress.read, progress.total, barWidth)}  `;
      line = `${source}  ${far}${inWords(progress)}`;
    },
    close: () => {
      clearInterval(timer);
      update.clear();
      update.done();
    },
  };
}

function asLines(log: Log): VerifyDisplay {
  let tellAfter = Date.now() + linesEveryMs;
  return {
    log,
    show: (source, progress) => {
      if (Date.now() < tellAfter) return;
      tellAfter = Date.now() + linesEveryMs;
      const { read, total, found } = progress;
      log.info({ source, read, total, found }, inWords(progress));
    },
    close: () => undefined,
  };
}

/** How far it is, in a few words. */
export function inWords({ read, total, found, doing }: VerifyProgress): string {
  if (doing === 'sorting') return 'PostgreSQL sorts its ids';
  const now = { comparing: '', watching: ', looking again', repairing: ', mending' }[doing];
  return `${count(read)} of ${count(total)}${found === 0 ? '' : `, ${count(found)} differ`}${now}`;
}
