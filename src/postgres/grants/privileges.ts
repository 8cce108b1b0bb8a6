import { quoteIdentifier } from '../identifiers.js';

/**
 * What the roles of a deployment are for: `writer` is couch2pg's, `modeler` the dataemon's and dbt's, `reader` that of dashboards.
 */
export const roleKinds = ['writer', 'modeler', 'reader'] as const;

/** See `roleKinds`. */
export type RoleKind = (typeof roleKinds)[number];

/** Stands for the table of documents, whose name is the user's to choose. */
export const documentsTable = '';

/** What couch2pg does with each table: nothing is ever deleted from the documents. */
export const writerPrivileges: Readonly<Record<string, string>> = {
  [documentsTable]: 'SELECT, INSERT, UPDATE',
  couchdb_alias: 'SELECT, INSERT',
  couchdb_watermark: 'SELECT, UPDATE',
  couchdb_rejected: 'SELECT, INSERT, UPDATE, DELETE',
  couchdb_progress: 'SELECT, INSERT, UPDATE',
  couchdb_control: 'SELECT, INSERT, UPDATE',
  couchdb_verify: 'SELECT, INSERT, UPDATE',
  couchdb_snapshot: 'SELECT, INSERT, UPDATE, DELETE',
  cht_sync_migration: 'SELECT',
};

/** What models are made from, and what shows how the sync stands. */
export const sourcePrivileges: Readonly<Record<string, string>> = {
  [documentsTable]: 'SELECT',
  couchdb_progress: 'SELECT',
  couchdb_rejected: 'SELECT',
  couchdb_verify: 'SELECT',
  couchdb_watermark: 'SELECT',
  cht_sync_migration: 'SELECT',
};

/** What the dataemon keeps. */
export const dataemonPrivileges: Readonly<Record<string, string>> = {
  _dataemon: 'SELECT, INSERT, DELETE',
  dataemon_run: 'SELECT, INSERT, UPDATE, DELETE',
  dataemon_model: 'SELECT, INSERT, UPDATE, DELETE',
  dataemon_test: 'SELECT, INSERT, UPDATE, DELETE',
  dataemon_problem: 'SELECT, INSERT, UPDATE, DELETE',
  cht_sync_migration: 'SELECT',
};

/** The tables of documents and of what is kept beside them, none of which is for dashboards. */
export const rawTables: readonly string[] = Object.keys(writerPrivileges);

/** The tables that the package keeps for itself, as models' are the modeler's own. */
export const packageTables: readonly string[] = ['dbt_watermark', 'dbt_restart', 'dbt_run'];

/**
 * What a role lacks, when PostgreSQL says so: the remedy for users. PostgreSQL says it in the language of its messages, of which
 * English is understood; in another, the general remedy is given.
 */
export function remedyForPrivilege(words: string): string {
  return `${specific(words) ?? 'Grant the role of POSTGRES_USER what the message names'}. \`cht-sync grant\` prints all that is needed.`;
}

/** Whether words of PostgreSQL's tell of a privilege that is missing. */
export function isOfPrivilege(words: string): boolean {
  return specific(words) !== undefined;
}

function specific(words: string): string | undefined {
  const toRole = 'TO the role of POSTGRES_USER';
  const [, kind = '', name = ''] = /permission denied for (table|view|schema|database) (\S+)/.exec(words) ?? [];
  if (kind === 'schema') {
    return `GRANT USAGE, CREATE ON SCHEMA ${name} ${toRole}, or have the owner of the schema run \`cht-sync migrate\``;
  }
  if (kind === 'database') return `GRANT CREATE ON DATABASE ${name} ${toRole}`;
  if (kind !== '') {
    const needed = dataemonPrivileges[name] ?? writerPrivileges[name] ?? 'SELECT';
    return `GRANT ${needed} ON ${quoteIfNeeded(name)} ${toRole}`;
  }
  const [, temporary] = /permission denied to create temporary tables in database "([^"]+)"/.exec(words) ?? [];
  if (temporary !== undefined) return `GRANT TEMPORARY ON DATABASE ${quoteIfNeeded(temporary)} ${toRole}`;
  const [, owned] = /must be owner of (?:table|view|materialized view|relation) (\S+)/.exec(words) ?? [];
  return owned === undefined ? undefined : `ALTER TABLE ${quoteIfNeeded(owned)} OWNER ${toRole}`;
}

function quoteIfNeeded(name: string): string {
  return /^[a-z_][a-z0-9_]*$/.test(name) ? name : quoteIdentifier(name);
}
