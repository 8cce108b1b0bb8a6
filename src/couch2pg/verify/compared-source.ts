import type pg from 'pg';
import type { Database } from '../../couchdb/index.js';
import type { TableNames } from '../../postgres/index.js';
import type { PatienceOptions } from './patience.js';

/** The two sides of one source. */
export interface ComparedSource extends PatienceOptions {
  readonly database: Database;
  /** One of its connections is in use as long as the comparison takes, another now and then. */
  readonly pool: pg.Pool;
  readonly names: TableNames;
  /** `<host>/<database>`, as in the table. */
  readonly source: string;
}
