import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { nameOf, type Block } from './blocks.js';
import { problemsOfCompose } from './check-compose.js';
import { problemOf } from './command-line.js';
import { repository } from './pages.js';
import { commandsOf } from './shell-words.js';

/** What stands at the top of the project: a word that begins so is a path in it. */
const folders = new Set(readdirSync(repository, { withFileTypes: true }).filter((one) => one.isDirectory()).map(({ name }) => name)); // prettier-ignore

const scripts = Object.keys(
  (JSON.parse(readFileSync(join(repository, 'package.json'), 'utf8')) as { scripts: Record<string, string> }).scripts,
);

/** Programs that pages may name; of those whose words are checked further, `check` says how. */
const programs = new Set([
  ...[
    'npm',
    'npx',
    'docker',
    'helm',
    'kubectl',
    'pg_dump',
    'pg_restore',
    'createdb',
    'psql',
    'xargs',
    'grep',
    'chown',
    'ssh',
    'ssh-keygen',
    'curl',
    'sudo',
    'systemctl',
  ],
  ...[
    'cp',
    'cat',
    'mkdir',
    'cd',
    'printf',
    'echo',
    'openssl',
    'chmod',
    'export',
    'git',
    'dbt',
    'apt',
    'promtool',
    'tar',
  ],
]);

/** Says what is wrong with a script that is not run: names of what is not there. */
export function problemsOfScript(program: Command, block: Block): string[] {
  return commandsOf(block.text).flatMap(({ words }) =>
    [...problemsOfCommand(program, words), ...problemsOfPaths(words)].map((problem) => `${nameOf(block)}: ${problem}`),
  );
}

function problemsOfCommand(program: Command, words: readonly string[]): string[] {
  const [name, ...rest] = words;
  if (name === undefined) return [];
  if (!programs.has(name) && !name.includes('/')) return [`the tests do not know the program ${name}`];
  const ours = words.findIndex(
    (word, index) =>
      word.endsWith('bin/cht-sync.js') || (word === 'cht-sync' && (index === 0 || words[index - 1] === 'npx')),
  );
  const isOurs = ours !== -1;
  const problem = isOurs ? problemOf(program, words.slice(ours + 1)) : undefined;
  return [
    ...(problem === undefined ? [] : [problem]),
    ...(name === 'npm' ? problemsOfNpm(program, rest) : []),
    ...(name === 'docker' && rest[0] === 'compose' ? problemsOfCompose(rest.slice(1)) : []),
  ];
}

function problemsOfNpm(program: Command, words: readonly string[]): string[] {
  const dashes = words.indexOf('--');
  const [command, ...more] = (dashes === -1 ? words : words.slice(0, dashes)).filter((word) => !word.startsWith('-'));
  const script = command === 'run' ? more[0] : command;
  if (script === undefined || !scripts.includes(script)) return [`package.json has no script ${script ?? ''}`];
  const problem = script === 'start' && dashes !== -1 ? problemOf(program, ['start', ...words.slice(dashes + 1)]) : undefined; // prettier-ignore
  return problem === undefined ? [] : [problem];
}

/** Words that are paths in the project and lead nowhere. */
function problemsOfPaths(words: readonly string[]): string[] {
  return words
    .map((word) => word.replace(/^.*=/, '').replace(/^\.\//, ''))
    .filter((word) => word.includes('/') && folders.has(word.split('/', 1)[0]!) && !/[*<$]/.test(word))
    .filter(
      (path) => !path.startsWith('node_modules') && !path.startsWith('.python') && !existsSync(join(repository, path)),
    )
    .map((path) => `there is no ${path}`);
}
