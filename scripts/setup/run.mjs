import { spawn } from 'node:child_process';
import { SetupError, remedyFor } from './setup-error.mjs';
import { root } from './places.mjs';

const shownLines = { first: 10, last: 10 };
const running = new Set();

/** Ends the programs that still run, when the set-up is stopped or one of several has failed. */
export function stopAll() {
  for (const child of running) child.kill('SIGTERM');
}

/**
 * Runs a program in the project's folder to its end; its output is shown only when it fails.
 *
 * @param otherwise - the remedy when the output does not tell one.
 */
export async function run(program, args, { what, otherwise, env = {} }) {
  const child = spawn(program, args, { cwd: root, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  running.add(child);
  let output = '';
  const keep = (chunk) => (output = (output + chunk).slice(-100_000));
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  const ended = await new Promise((resolve) => {
    child.on('error', (error) => resolve(error.message));
    child.on('close', (code, signal) => resolve(code === 0 ? undefined : (signal ?? `exit code ${code}`)));
  });
  running.delete(child);
  if (ended === undefined) return output;
  throw new SetupError(`${what} failed (${ended}):\n  ${shorten(output).join('\n  ')}`, remedyFor(output, otherwise));
}

/** npm says what is wrong in its first lines, compilers and pip in their last. */
function shorten(output) {
  const lines = output.trim().split('\n');
  const { first, last } = shownLines;
  if (lines.length <= first + last) return lines;
  return [...lines.slice(0, first), '...', ...lines.slice(-last)];
}
