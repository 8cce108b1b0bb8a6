import { parse as parseDotenv } from 'dotenv';
import { parse as parseYaml } from 'yaml';
import { readConfig } from '../../../src/config/index.js';
import { createAuthority } from '../../support/certificates.js';
import { nameOf, type Block } from './blocks.js';
import { unknownValues } from './check-values.js';
import { marksOf } from './marks.js';

/** Checks what is in a block that is no command: settings. */
export function checkData(block: Block): void {
  if (block.language === 'json') JSON.parse(block.text);
  else if (block.language === 'dotenv') checkSettings(block, { dotenv: parseDotenv(block.text) });
  else checkYaml(block);
}

/** What the YAML of a page may be. */
const kinds: Readonly<Record<string, (block: Block, value: unknown) => void>> = {
  config: (block) => checkSettings(block, { file: block.text }),
  packages: (block, value) => {
    const { packages } = value as { packages?: readonly object[] };
    if (packages?.every((one) => 'local' in one || 'git' in one) !== true)
      throw new Error(`${nameOf(block)}: no packages`);
  },
  values: (block, value) => {
    const unknown = unknownValues(value);
    if (unknown.length > 0) throw new Error(`${nameOf(block)}: the chart has no ${unknown.join(', ')}`);
  },
  prometheus: (block, value) => {
    const { scrape_configs: configs } = value as { scrape_configs?: readonly { job_name?: string }[] };
    if (configs?.every(({ job_name: name }) => name !== undefined) !== true)
      throw new Error(`${nameOf(block)}: no jobs`);
  },
  'dbt-project': (block, value) => {
    if (typeof (value as { name?: unknown }).name !== 'string') throw new Error(`${nameOf(block)}: no name`);
  },
};

function checkYaml(block: Block): void {
  const value: unknown = parseYaml(block.text);
  const { kind = '' } = marksOf(block);
  const check = kinds[kind];
  if (check === undefined) {
    throw new Error(`${nameOf(block)}: say kind=... behind yaml: one of ${Object.keys(kinds).join(', ')}`);
  }
  check(block, value);
}

const authority = createAuthority();
const { cert, key } = authority.issue({ names: ['localhost'] });

/** What a file holds that settings name, told by its name. */
function fileNamed(path: string): string {
  if (/key[\w-]*\.pem$/.test(path)) return key;
  if (/(cert|client)[\w-]*\.pem$/.test(path)) return cert;
  return path.endsWith('.pem') ? authority.ca : 'secret';
}

/**
 * Reads settings as the command would, on a machine on which all files and variables are that they name. What is wrong with
 * options that they do not name is not their fault: a block may be a part of a file.
 */
function checkSettings(block: Block, { dotenv = {}, file }: { dotenv?: Record<string, string>; file?: string }): void {
  const named = [...(file ?? '').matchAll(/(?<!\$)\$\{(\w+)\}/g)].map(([, name]) => [name!, 'secret'] as const);
  const { problems } = readConfig({
    flags: {},
    env: { ...Object.fromEntries(named), ...(file === undefined ? {} : { CONFIG_FILE: 'cht-sync.yaml' }) },
    dotenv,
    readFile: (path) => (path === 'cht-sync.yaml' ? file! : fileNamed(path)),
    openTo: () => undefined,
  });
  const own = problems.filter(({ option }) => file !== undefined || option in dotenv);
  if (own.length > 0) throw new Error(`${nameOf(block)}: ${JSON.stringify(own, undefined, 2)}`);
}
