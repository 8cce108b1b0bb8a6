import pg from 'pg';

/** An SQL identifier in quotes, whatever it holds. */
export function quoteIdentifier(name: string): string {
  return pg.escapeIdentifier(name);
}

/** The tables of one target, quoted and with their schema, ready to stand in a statement. */
export interface TableNames {
  readonly documents: string;
  readonly alias: string;
  readonly watermark: string;
  readonly rejected: string;
  readonly progress: string;
  readonly control: string;
  readonly verify: string;
  readonly snapshot: string;
}

/** Names the tables of the schema and document table a user has configured. */
export function tableNames(schema: string, table: string): TableNames {
  const inSchema = (name: string) => `${quoteIdentifier(schema)}.${quoteIdentifier(name)}`;
  return {
    documents: inSchema(table),
    alias: inSchema('couchdb_alias'),
    watermark: inSchema('couchdb_watermark'),
    rejected: inSchema('couchdb_rejected'),
    progress: inSchema('couchdb_progress'),
    control: inSchema('couchdb_control'),
    verify: inSchema('couchdb_verify'),
    snapshot: inSchema('couchdb_snapshot'),
  };
}
