import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { blocksOf, nameOf, type Block } from './support/blocks.js';
import { checkData } from './support/check-data.js';
import { problemsOfScript } from './support/check-unrun.js';
import { programToLookAt } from './support/command-line.js';
import { isRun, marksOf } from './support/marks.js';
import { readPages, repository } from './support/pages.js';
import { runBlock } from './support/run-block.js';
import { neededProgram, orSkip } from '../support/needed.js';
import { startWorld, type World } from './support/world.js';

const blocks = readPages().flatMap(blocksOf);
const scripts = blocks.filter(({ language }) => language === 'sh' || language === 'bash');
const statements = blocks.filter(({ language }) => language === 'sql');
const isOfProgram = (block: Block) => scripts.includes(block) || statements.includes(block);
const data = blocks.filter(({ language }) => ['yaml', 'json', 'dotenv'].includes(language));

/** What only shows something. */
const pictures = ['', 'text', 'mermaid'];

test('a block of a page is of a language that is run or checked, or only shows something', () => {
  const checked = new Set([...scripts, ...statements, ...data]);
  const others = blocks.filter((block) => !checked.has(block) && !pictures.includes(block.language));
  expect(others.map(nameOf)).toEqual([]);
});

describe('what is not run', () => {
  const program = programToLookAt();

  test.each(scripts.filter((block) => !isRun(block)).map((block) => [nameOf(block), block] as const))(
    '%s names only what is there',
    (_, block) => {
      expect(problemsOfScript(program, block)).toEqual([]);
    },
  );

  test.each(
    blocks.filter((block) => marksOf(block).runBy !== undefined).map((block) => [nameOf(block), block] as const),
  )('%s is run by the test that it names', (_, block) => {
    const text = readFileSync(join(repository, marksOf(block).runBy!), 'utf8');
    expect(text).toContain(block.page);
  });
});

test.each(data.map((block) => [nameOf(block), block] as const))(
  '%s can be read, and names what there is',
  (_, block) => {
    checkData(block);
  },
);

describe('what is run', () => {
  let world: World;
  beforeAll(async () => {
    world = await startWorld(blocks);
  });
  afterAll(() => world[Symbol.asyncDispose]());

  test('the demonstration builds all models that pages show', async () => {
    const { rows } = await world.pool.query<{ name: string; status: string; error: string | null }>(
      'SELECT name, status, error FROM v1.dataemon_model WHERE name = ANY($1) ORDER BY name',
      [world.models],
    );
    const well = [...world.models].sort().map((name) => ({ name, status: 'ok', error: null }));
    expect(rows).toEqual(well);
  });

  test('npx finds the command of the project', async () => {
    const { stdout } = await promisify(execFile)('npx', ['cht-sync', '--version'], { cwd: repository });
    expect(stdout).toMatch(/^\d+\.\d+\.\d+/);
  });

  test.for(
    blocks.filter((block) => isOfProgram(block) && isRun(block)).map((block) => ({ name: nameOf(block), block })),
  )('$name does what it says', async ({ block }, { skip }) => {
    if (/^curl /m.test(block.text)) orSkip(await neededProgram('curl'), skip);
    await runBlock(world, block);
  });
});
