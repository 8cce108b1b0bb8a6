import { createWriteStream, type WriteStream } from 'node:fs';
import { createLog, type Log, type LogOptions } from '../../lib/index.js';

/** A log beside a screen: lines go to a file, the latest warnings are kept to be shown. */
export interface ScreenLog {
  readonly log: Log;
  /** Oldest first. */
  warnings(): readonly string[];
  close(): Promise<void>;
}

const warningsKept = 3;
const warnLevels: ReadonlySet<unknown> = new Set(['warn', 'error', 'fatal']);

/** Opens the log file anew, as JSON lines. */
export function createScreenLog(file: string, options: Pick<LogOptions, 'level' | 'secrets'>): ScreenLog {
  const stream: WriteStream = createWriteStream(file, { flags: 'w', mode: 0o600 });
  let warnings: string[] = [];
  // A full disk must not end the sync.
  stream.on('error', (error) => (warnings = [`The log ${file} cannot be written: ${error.message}`]));
  const write = (line: string) => {
    stream.write(line);
    const { level, msg, source } = JSON.parse(line) as { level?: string; msg?: string; source?: string };
    if (!warnLevels.has(level) || msg === undefined) return;
    const warning = source === undefined ? msg : `${source}: ${msg}`;
    if (warning !== warnings.at(-1)) warnings = [...warnings, warning].slice(-warningsKept);
  };
  return {
    log: createLog({ ...options, format: 'json', destination: { write } }),
    warnings: () => warnings,
    close: () => new Promise((resolve) => stream.end(resolve)),
  };
}
