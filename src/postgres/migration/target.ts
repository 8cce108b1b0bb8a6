/** Whose tables: couch2pg's documents and progress, or the dataemon's manifests and runs. */
export type MigrationFamily = 'documents' | 'dataemon';

/** The tables that are migrated. */
export interface MigrationTarget {
  readonly family: MigrationFamily;
  readonly schema: string;
  /** The name of the table of documents. */
  readonly table: string;
}

/** What tells the sets of tables of a schema apart: the dataemon's are one set, whatever the table of documents is called. */
export function tableKey({ family, table }: MigrationTarget): string {
  return family === 'documents' ? table : '';
}
