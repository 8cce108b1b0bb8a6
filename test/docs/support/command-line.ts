import type { Command } from 'commander';
import { createProgram } from '../../../src/cli/program.js';
import type { CliSurroundings } from '../../../src/cli/surroundings.js';

/** The command line of `cht-sync`, to look at and not to run. */
export function programToLookAt(): Command {
  const { stdout, stderr } = process;
  return createProgram({ folder: '.', env: {}, stdout, stderr } satisfies CliSurroundings, () => undefined);
}

/**
 * Says what is wrong with the words behind `cht-sync`: a command or a flag that is not there. Placeholders in capitals
 * and everything behind a flag's `=` may be anything.
 */
export function problemOf(program: Command, words: readonly string[]): string | undefined {
  let command = program;
  let rest = [...words];
  for (;;) {
    const [word] = rest;
    const sub = command.commands.find((one) => one.name() === word);
    if (sub === undefined) break;
    command = sub;
    rest = rest.slice(1);
  }
  const isGroup = command.commands.length > 0;
  const [first] = rest;
  if (isGroup && first !== undefined && !first.startsWith('-')) return `there is no command ${words.join(' ')}`;
  const known = new Set([...command.options.flatMap(({ long, short }) => [long, short]), '--help', '-h']);
  const unknown = rest.map((word) => word.split('=', 1)[0]!).find((word) => word.startsWith('-') && !known.has(word));
  return unknown === undefined ? undefined : `cht-sync ${words.join(' ')}: there is no flag ${unknown}`;
}
