import { quoteIdentifier } from '../identifiers.js';
import type { GrantFacts, GrantPlace, Model } from './look.js';
import {
  dataemonPrivileges,
  documentsTable,
  rawTables,
  sourcePrivileges,
  writerPrivileges,
  type RoleKind,
} from './privileges.js';

/** What is wished. */
export interface GrantWish extends GrantPlace {
  readonly roles: Readonly<Partial<Record<RoleKind, string>>>;
  /** Whether the reader may read the table of documents, too. */
  readonly raw: boolean;
}

/** Statements that belong together, and what they are for. */
export interface GrantSection {
  readonly title: string;
  readonly statements: readonly string[];
}

/** The statements that give each role what it needs and no more; to run them again changes nothing. */
export function grantStatements(wish: GrantWish, facts: GrantFacts): GrantSection[] {
  const { writer, modeler, reader } = wish.roles;
  const wished = [...new Set(Object.values(wish.roles))];
  const missing = wished.filter((role) => !facts.roles.has(role));
  return [
    {
      title: 'Roles that are made. They have no password: give them one with \\password in psql.',
      statements: missing.map((role) => `CREATE ROLE ${quoteIdentifier(role)} LOGIN`),
    },
    ...(writer === undefined
      ? []
      : [{ title: `${writer}, for couch2pg`, statements: writerStatements(wish, facts, writer) }]),
    ...(modeler === undefined
      ? []
      : [{ title: `${modeler}, for the dataemon and dbt`, statements: modelerStatements(wish, facts, modeler) }]),
    ...(reader === undefined
      ? []
      : [{ title: `${reader}, for dashboards`, statements: readerStatements(wish, facts, reader) }]),
  ].filter(({ statements }) => statements.length > 0);
}

function writerStatements({ rawSchema, table }: GrantWish, { database }: GrantFacts, role: string): string[] {
  const to = quoteIdentifier(role);
  return [
    // couch2pg stages documents in a temporary table.
    `GRANT CONNECT, TEMPORARY ON DATABASE ${quoteIdentifier(database)} TO ${to}`,
    `GRANT USAGE ON SCHEMA ${quoteIdentifier(rawSchema)} TO ${to}`,
    ...onTables(writerPrivileges, rawSchema, table, to),
  ];
}

function modelerStatements({ rawSchema, schema, table }: GrantWish, facts: GrantFacts, role: string): string[] {
  const to = quoteIdentifier(role);
  return [
    `GRANT CONNECT, TEMPORARY ON DATABASE ${quoteIdentifier(facts.database)} TO ${to}`,
    ...(rawSchema === schema ? [] : [`GRANT USAGE ON SCHEMA ${quoteIdentifier(rawSchema)} TO ${to}`]),
    ...schemasOf(facts.models, schema).map((name) => `GRANT USAGE, CREATE ON SCHEMA ${quoteIdentifier(name)} TO ${to}`),
    ...onTables(sourcePrivileges, rawSchema, table, to),
    ...onTables(dataemonPrivileges, schema, table, to),
    // Only its owner may build a table anew.
    ...facts.models.filter(({ owner }) => owner !== role).map((model) => `ALTER TABLE ${nameOf(model)} OWNER TO ${to}`),
  ];
}

function readerStatements(
  { rawSchema, schema, table, roles, raw }: GrantWish,
  facts: GrantFacts,
  role: string,
): string[] {
  const to = quoteIdentifier(role);
  const shown = facts.models.filter(({ isInternal }) => !isInternal);
  const owners = roles.modeler === undefined ? shown.map(({ owner }) => owner) : [roles.modeler];
  const makers = owners.length === 0 ? [facts.self] : [...new Set(owners)];
  const schemas = schemasOf(shown, schema);
  return [
    `GRANT CONNECT ON DATABASE ${quoteIdentifier(facts.database)} TO ${to}`,
    ...schemas.map((name) => `GRANT USAGE ON SCHEMA ${quoteIdentifier(name)} TO ${to}`),
    ...rawTables.map((name) => `REVOKE ALL ON ${inSchema(rawSchema, name, table)} FROM ${to}`),
    ...(raw
      ? [
          ...(rawSchema === schema ? [] : [`GRANT USAGE ON SCHEMA ${quoteIdentifier(rawSchema)} TO ${to}`]),
          `GRANT SELECT ON ${inSchema(rawSchema, documentsTable, table)} TO ${to}`,
        ]
      : []),
    ...shown.map((model) => `GRANT SELECT ON ${nameOf(model)} TO ${to}`),
    // What is built later, and built anew.
    ...makers.flatMap((maker) =>
      schemas.map(
        (name) =>
          `ALTER DEFAULT PRIVILEGES FOR ROLE ${quoteIdentifier(maker)} IN SCHEMA ${quoteIdentifier(name)} GRANT SELECT ON TABLES TO ${to}`,
      ),
    ),
  ];
}

function onTables(privileges: Readonly<Record<string, string>>, schema: string, table: string, to: string): string[] {
  return Object.entries(privileges).map(
    ([name, needed]) => `GRANT ${needed} ON ${inSchema(schema, name, table)} TO ${to}`,
  );
}

function inSchema(schema: string, name: string, table: string): string {
  return `${quoteIdentifier(schema)}.${quoteIdentifier(name === documentsTable ? table : name)}`;
}

function nameOf({ schema, name }: Model): string {
  return `${quoteIdentifier(schema)}.${quoteIdentifier(name)}`;
}

function schemasOf(models: readonly Model[], schema: string): string[] {
  return [...new Set([schema, ...models.map((model) => model.schema)])];
}
