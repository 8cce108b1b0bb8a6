import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { repository } from './pages.js';

/** A compose file, as far as it is looked at here. */
interface Compose {
  readonly services: Readonly<Record<string, { readonly profiles?: readonly string[] }>>;
}

/** The commands of `docker compose` that pages use, with their flags (docs.docker.com/reference/cli/docker/compose). */
const flagsOf: Readonly<Record<string, readonly string[]>> = {
  up: ['--build', '-d', '--detach', '--no-deps'],
  down: ['--volumes', '-v'],
  ps: ['--all'],
  logs: ['--follow', '-f', '--tail'],
  exec: ['-T', '--user', '-u'],
  run: ['--rm', '--no-deps'],
  stop: [],
  start: [],
  restart: [],
  build: ['--no-cache', '--pull'],
  pull: [],
  config: ['--quiet'],
};
/** Those of them whose first word is a service, and all behind it a command in it. */
const inside = new Set(['exec', 'run']);

/** Says what is wrong with the words behind `docker compose`: a profile, a service or a flag that is not there. */
export function problemsOfCompose(words: readonly string[]): string[] {
  const path = join(repository, 'docker-compose.yml');
  if (!existsSync(path)) return ['there is no docker-compose.yml'];
  const { services } = parse(readFileSync(path, 'utf8'), { merge: true }) as Compose;
  const profiles = new Set(Object.values(services).flatMap(({ profiles: own = [] }) => own));
  const rest = [...words];
  const problems: string[] = [];
  while (rest[0]?.startsWith('-') === true) {
    const [flag, value = ''] = rest.splice(0, 2);
    if (flag === '--profile' && !profiles.has(value)) problems.push(`there is no profile ${value}`);
    else if (flag !== '--profile' && flag !== '-f' && flag !== '--env-file')
      problems.push(`the tests do not know ${flag ?? ''}`);
  }
  const [command = '', ...more] = rest;
  const flags = flagsOf[command];
  if (flags === undefined) return [...problems, `the tests do not know docker compose ${command}`];
  const service = more.findIndex((word) => !word.startsWith('-'));
  const own = inside.has(command) && service !== -1 ? more.slice(0, service + 1) : more;
  for (const word of own) {
    if (word.startsWith('-') ? !flags.includes(word) : !(word in services)) {
      problems.push(`docker compose ${command} has no ${word}`);
    }
  }
  return problems;
}
