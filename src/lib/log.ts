import { pino, type DestinationStream, type Logger } from 'pino';
import { pinoPretty } from './pretty.js';

/** The log; every component gets a child of it that names the component. */
export type Log = Logger;

/** How the log is written. */
export interface LogOptions {
  readonly level: 'debug' | 'info' | 'warn' | 'error' | 'silent';
  /** `json` for machines, `text` for people. */
  readonly format: 'json' | 'text';
  /** Values that must not appear anywhere in the log, whatever they are part of. */
  readonly secrets: readonly string[];
  readonly destination?: DestinationStream;
}

const shortestSecret = 4;

/**
 * Makes the log. Lines go to standard error, so that standard output is free for what a command was asked for.
 * Secrets are cut out of the finished line, so none slips through inside another program's message.
 */
export function createLog(options: LogOptions): Log {
  const target = options.destination ?? process.stderr;
  const written = options.format === 'text' ? pinoPretty(target) : target;
  const destination: DestinationStream = { write: (line) => written.write(mask(line, options.secrets)) };
  return pino(
    {
      level: options.level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    destination,
  );
}

/** Replaces every occurrence of a secret (plain, URL-encoded or JSON-escaped) in a text by `***`. */
export function mask(text: string, secrets: readonly string[]): string {
  let masked = text;
  for (const secret of secrets) {
    if (secret.length < shortestSecret) continue;
    for (const form of new Set([secret, encodeURIComponent(secret), JSON.stringify(secret).slice(1, -1)])) {
      masked = masked.replaceAll(form, '***');
    }
  }
  return masked;
}
