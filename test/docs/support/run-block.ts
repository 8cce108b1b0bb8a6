import { expect } from 'vitest';
import { nameOf, type Block } from './blocks.js';
import { prepare } from './given.js';
import { marksOf } from './marks.js';
import { Script } from './script.js';
import type { World } from './world.js';

/** What a service says when it does its work. */
const ready = /couch2pg runs|the dataemon runs|up to date|"url":/;

/** Runs the commands of a block, or its statements, as it stands on the page. */
export async function runBlock(world: World, block: Block): Promise<void> {
  await (block.language === 'sql' ? runStatements(world, block) : runScript(world, block));
}

async function runScript(world: World, block: Block): Promise<void> {
  const { exit, untilReady, ownServers, given } = marksOf(block);
  await using prepared = await prepare(world, given, block.text);
  const text = prepared.text.replaceAll(/\b(localhost|127\.0\.0\.1):9399\b/g, new URL(world.metricsUrl).host);
  // The shell gives way to a service, so that the exit code is the service's own.
  const command = untilReady ? `exec ${text}` : text;
  await using script = new Script(block.language, command, world.folder, world.env(ownServers));
  if (untilReady) {
    await script.says(ready);
    expect(await script.stop(), `${nameOf(block)} said:\n${script.output}`).toBe(0);
  } else {
    expect(await script.end(), `${nameOf(block)} said:\n${script.output}`).toBe(exit);
  }
}

async function runStatements({ pool }: World, block: Block): Promise<void> {
  const { rows: wanted, autocommit } = marksOf(block);
  const statements = statementsOf(block.text);
  const client = await pool.connect();
  try {
    if (!autocommit) await client.query('BEGIN');
    for (const statement of statements) {
      const { rowCount, command } = await client.query(statement);
      if (command !== 'SELECT' || wanted === 'any') continue;
      const found = (rowCount ?? 0) > 0 ? 'some' : 'none';
      expect(found, `${nameOf(block)}: the rows of ${statement}`).toBe(wanted);
    }
  } finally {
    await client.query('ROLLBACK');
    client.release();
  }
}

/** The statements of a block: each ends with a semicolon at the end of a line. */
function statementsOf(text: string): string[] {
  return text
    .split(/;\s*(?:--[^\n]*)?(?:\n|$)/)
    .map((statement) => statement.trim())
    .filter((statement) => statement.replaceAll(/^--.*$/gm, '').trim() !== '');
}
