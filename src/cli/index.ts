import { CommanderError } from 'commander';
import { ConfigError, messageOf, SyncError } from '../lib/index.js';
import { nearestFlag, refuseSecretFlags } from '../config/index.js';
import { createProgram } from './program.js';
import { exitCodes, type CliSurroundings } from './surroundings.js';

/**
 * Runs the command line to its end and reports an error to the user.
 *
 * @returns the exit code: 0, 2 for wrong options, 1 for any other failure.
 */
export async function runCommandLine(
  surroundings: CliSurroundings & { readonly args: readonly string[] },
): Promise<number> {
  let exitCode: number = exitCodes.ok;
  try {
    refuseSecretFlags(surroundings.args);
    const program = createProgram(surroundings, (code) => (exitCode = code));
    await program.parseAsync([...surroundings.args], { from: 'user' });
    return exitCode;
  } catch (thrown) {
    const error = thrown instanceof CommanderError ? usageError(thrown) : thrown;
    if (error === undefined) return exitCodes.ok;
    surroundings.stderr.write(`${report(error)}\n`);
    return error instanceof ConfigError ? exitCodes.configInvalid : exitCodes.failed;
  }
}

/** An error as the user reads it; a defect of ours comes with its stack. */
export function report(error: unknown): string {
  if (error instanceof SyncError) return `Error: ${error.describe()}`;
  const stack = error instanceof Error && error.stack !== undefined ? error.stack : messageOf(error);
  return `This is a defect of CHT Sync, please report it:\n${stack}`;
}

/** What commander found wrong with the command line; undefined when it has only shown help or version. */
function usageError({ code, message, exitCode }: CommanderError): ConfigError | undefined {
  if (exitCode === 0) return undefined;
  if (code === 'commander.help') return new ConfigError('No command was given.', { remedy: 'See the list above.' });
  // The value of `--flag=value` may be a secret in the wrong place.
  const flag = /unknown option '([^'=]+)/.exec(message)?.[1];
  if (flag === undefined) {
    return new ConfigError(`${sentence(message)}.`, { remedy: 'See `cht-sync --help`.' });
  }
  const meant = nearestFlag(flag);
  return new ConfigError(`There is no option ${flag}.`, {
    remedy: meant === undefined ? 'See `cht-sync --help` for those there are.' : `Did you mean ${meant}?`,
  });
}

/** Commander's words without their prefix, on one line. */
function sentence(message: string): string {
  const words = message
    .replace(/^error: /, '')
    .replaceAll(/\s*\n\s*/g, ' ')
    .replace(/[.\s]+$/, '');
  return words.charAt(0).toUpperCase() + words.slice(1);
}
