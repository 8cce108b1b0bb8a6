import { describeProblem, secretsOf, type Config, type Reading } from '../config/index.js';
import { createLog, type Log, type LogOptions } from '../lib/index.js';
import type { CliSurroundings } from './surroundings.js';

/**
 * The log of a command that runs as a service: text for people at a terminal, otherwise JSON.
 *
 * @param destination - where lines go, if not to standard error straight away.
 */
export function serviceLog(
  config: Config,
  { stderr }: CliSurroundings,
  destination: LogOptions['destination'] = stderr,
): Log {
  const automatic = stderr.isTTY ? 'text' : 'json';
  return createLog({
    level: config.logLevel,
    format: config.logFormat === 'auto' ? automatic : config.logFormat,
    secrets: secretsOf(config),
    destination,
  });
}

/** Logs what looks wrong in the configuration but is no error. */
export function logWarnings({ warnings }: Reading, log: Log): void {
  for (const warning of warnings) log.warn({ option: warning.option }, describeProblem(warning));
}
