import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, test } from 'vitest';
import { fileVariableOf, optionList } from '../../src/config/index.js';
import { errorCodes } from '../../src/lib/index.js';
import { commandsOf } from './support/shell-words.js';
import { problemOf, programToLookAt } from './support/command-line.js';
import { generated, readPages, repository } from './support/pages.js';
import { anchorsOf, codeOf, linksOf, namesOf } from './support/text.js';

const pages = readPages();
const byPath = new Map(pages.map((page) => [page.path, page]));
const named = pages.map((page) => [page.path, page] as const);

/** The texts of all files of a folder. */
function filesOf(folder: string, pattern: RegExp): string[] {
  return readdirSync(join(repository, folder), { recursive: true, withFileTypes: true })
    .filter((file) => file.isFile() && pattern.test(file.name))
    .map((file) => readFileSync(join(file.parentPath, file.name), 'utf8'));
}

/** All files of a folder as one text. */
function textOf(folder: string, pattern: RegExp): string {
  return filesOf(folder, pattern).join('\n');
}

describe.each(named)('%s', (path, page) => {
  test('links to what is there', () => {
    const broken = linksOf(page).filter(({ target }) => !/^[a-z]+:/.test(target) && !leadsSomewhere(path, target));
    expect(broken).toEqual([]);
  });

  test('names commands and flags that there are', () => {
    const program = programToLookAt();
    const problems = codeOf(page)
      .filter((code) => /^(npx )?cht-sync( |$)/.test(code))
      .flatMap((code) =>
        commandsOf(
          code
            .replace(/^npx /, '')
            .replaceAll(/[|<>[\]]/g, ' ')
            .replaceAll('...', ''),
        ),
      )
      .map(({ words }) => problemOf(program, words.slice(1)));
    expect(problems.filter((problem) => problem !== undefined)).toEqual([]);
  });

  test('names variables and errors that there are', () => {
    const options = optionList.flatMap(({ env, secret }) => [env, ...(secret === true ? [fileVariableOf(env)] : [])]);
    const elsewhere = variablesElsewhere();
    const unknown = namesOf(page, /(?<![\w-])[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+(?![\w-])/g).filter(
      (name) => !options.includes(name) && !(name in errorCodes) && !elsewhere.has(name),
    );
    expect(unknown).toEqual([]);
  });

  test('names metrics and tables that there are', () => {
    const there = relations() + metrics();
    const unknown = namesOf(
      page,
      /(?<![\w/.-])(?:cht_sync|couch2pg|dbt|couchdb|dataemon)_[a-z0-9_]+(?![\w(]|\.(?:yml|md|py|yaml)\b)/g,
    ).filter((name) => !new RegExp(`\\b${name}\\b`).test(there));
    expect(unknown).toEqual([]);
  });
});

test('names alerts that there are, and all of them in docs/monitoring.md', () => {
  const there = [...textOf('deploy/monitoring', /^alerts\.yml$/).matchAll(/alert: (\w+)/g)].map(([, name]) => name);
  const told = namesOf(byPath.get('docs/monitoring.md')!, /\bChtSync\w+/g);
  expect([...told].sort()).toEqual([...there].sort());
});

describe.each(named.filter(([path]) => path.startsWith('docs/') && !generated.has(path)))('%s', (path, { text }) => {
  test('begins with whom it is for and what they will have, and is no book', () => {
    expect(text).toMatch(/^# .+\n\n\*\*For\*\* [^]+?\*\*You will have\*\* /);
    expect(text.split('\n').length).toBeLessThanOrEqual(250);
  });

  test('can be found from the index', () => {
    const index = byPath.get('docs/README.md')!;
    const targets = linksOf(index).map(({ target }) => normalize(join('docs', target.replace(/#.*/, ''))));
    expect([...targets, 'docs/README.md']).toContain(path);
  });
});

function leadsSomewhere(from: string, target: string): boolean {
  const [file = '', anchor] = target.split('#');
  const path = file === '' ? from : normalize(join(dirname(from), file));
  if (!existsSync(join(repository, path))) return false;
  if (anchor === undefined) return true;
  const page = byPath.get(path) ?? { path, text: readFileSync(join(repository, path), 'utf8') };
  return anchorsOf(page).has(anchor);
}

/** Variables of other programs, and those of compose, the tests, the benchmarks and placeholders of examples. */
function variablesElsewhere(): Set<string> {
  const compose =
    textOf('deploy/compose', /./) +
    textOf('deploy/docker', /./) +
    readFileSync(join(repository, 'docker-compose.yml'), 'utf8');
  const views = [...textOf('pipeline', /\.sql$/).matchAll(/\b(?:\w+_(?:forms|types|roles)|overdue_days)\b/g)].map(
    ([name]) => `DASHBOARD_${name.toUpperCase()}`,
  );
  const found = [...compose.matchAll(/\b[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+\b/g)].map(([name]) => name);
  const ours = filesOf('test', /\.ts$/)
    .concat(filesOf('bench', /\.ts$/))
    .filter((text) => text.includes('process.env'))
    .flatMap((text) => [...text.matchAll(/\b[A-Z]+(?:_[A-Z]+)+\b/g)].map(([name]) => name));
  const placeholders = ['WEST_PASSWORD', 'POSTGRES_SECRET', 'CHT_SYNC'];
  return new Set([...found, ...views, ...ours, ...placeholders]);
}

/** What the code and the package call their tables, columns and channels. */
function relations(): string {
  return (
    textOf('src/postgres', /\.(sql|ts)$/) +
    textOf('src/dataemon', /\.ts$/) +
    textOf('pipeline', /\.(sql|yml)$/) +
    textOf('dbt', /\.(sql|yml)$/)
  );
}

function metrics(): string {
  return textOf('src/monitoring', /\.ts$/);
}
