import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { messageOf } from '../../src/lib/index.js';

/** What tests need besides Node and Python, or why it cannot be had on this machine. */
export type Needed<T> =
  { readonly value: T; readonly missing?: undefined } | { readonly value?: undefined; readonly missing: string };

/**
 * Gets what some tests need. Where it cannot be had they are to be skipped, and the reason is printed; in CI it is an error, so
 * that nothing goes untested there unnoticed.
 *
 * @throws Error in CI, where it cannot be had.
 */
export async function needed<T>(what: string, get: () => Promise<T>, isCi = isInCi()): Promise<Needed<T>> {
  try {
    return { value: await get() };
  } catch (error) {
    const missing = `${what} cannot be had here: ${messageOf(error).trim()}`;
    if (isCi) throw new Error(`${missing}\nIn CI (CI is set) tests are not skipped for that.`, { cause: error });
    console.warn(`SKIPPED: ${missing}`);
    return { missing };
  }
}

/** A program that the PATH has to have. */
export async function neededProgram(name: string): Promise<Needed<string>> {
  return needed(`The program ${name}`, async () => {
    await promisify(execFile)(name, ['--version']);
    return name;
  });
}

/** What is needed, once the test has been skipped with the reason where it is missing. */
export function orSkip<T>(found: Needed<T>, skip: (reason: string) => never): T {
  return found.missing === undefined ? found.value : skip(found.missing);
}

function isInCi(): boolean {
  return (process.env.CI ?? '') !== '';
}
