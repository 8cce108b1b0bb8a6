import { readdir, readFile } from 'node:fs/promises';
import { quoteIdentifier } from '../identifiers.js';
import type { MigrationTarget } from './target.js';

/** A numbered migration: a file of `migrations/<family>/`. */
export interface Migration {
  readonly version: number;
  readonly name: string;
  /** What it is for: the first sentence of the file. */
  readonly says: string;
  /** The tables that it alters where they are there already, as the file's line `-- alters:` names them. */
  readonly alters: readonly string[];
  /** Ready to run. */
  readonly sql: string;
}

/** Reads the migrations of a family, in their order. */
export async function readMigrations(target: MigrationTarget): Promise<Migration[]> {
  const folder = new URL(`../migrations/${target.family}/`, import.meta.url);
  const files = (await readdir(folder)).filter((name) => name.endsWith('.sql')).sort();
  return Promise.all(
    files.map(async (file) => migrationOf(file, await readFile(new URL(file, folder), 'utf8'), target)),
  );
}

function migrationOf(file: string, text: string, { schema, table }: MigrationTarget): Migration {
  const head = /^(?:--.*\n)*/.exec(text)?.[0] ?? '';
  const words = head.replaceAll(/^-- ?(alters:.*)?/gm, '').replaceAll(/\s+/g, ' ');
  const alters = /^-- alters: (.*)$/m.exec(head)?.[1]?.split(', ') ?? [];
  return {
    version: Number(file.slice(0, 4)),
    name: file.replace(/\.sql$/, ''),
    says: /^.*?[.](?= |$)/.exec(words.trim())?.[0] ?? words.trim(),
    alters: alters.map((name) => (name === '%table%' ? table : name)),
    sql: fillIn(text, schema, table),
  };
}

/** `%schema%` and `%table%` stand for the configured names, as quoted identifiers. */
function fillIn(sql: string, schema: string, table: string): string {
  const inLiteral = (name: string) => quoteIdentifier(name).replaceAll("'", "''");
  return sql
    .replaceAll("'%schema%.%table%'", () => `'${inLiteral(schema)}.${inLiteral(table)}'`)
    .replaceAll('%schema%', () => quoteIdentifier(schema))
    .replaceAll('%table%', () => quoteIdentifier(table));
}
