import { z } from 'zod';
import type { CouchDbClient } from './client.js';
import { scanDocument, type ChangedDocument } from './changes-row.js';
import { readChanges, type ChangesOptions, type ChangesEvent } from './changes-feed.js';
import { SyncError } from '../lib/index.js';

const infoSchema = z.object({
  db_name: z.string(),
  update_seq: z.union([z.string(), z.number().transform(String)]),
  purge_seq: z.union([z.string(), z.number().transform(String)]).optional(),
  doc_count: z.number(),
  doc_del_count: z.number(),
  instance_start_time: z.string().optional(),
});

/** What CouchDB says of a database. */
export interface DatabaseInfo {
  readonly documents: number;
  readonly tombstones: number;
  readonly updateSequence: string;
  readonly purgeSequence: string | undefined;
  /**
   * When the database was made: its identity, since CouchDB 3.3. Older versions say "0" of every database: undefined.
   */
  readonly instanceStartTime: string | undefined;
}

/** One database of a CouchDB server. */
export class Database {
  readonly #path: string;

  constructor(
    private readonly client: CouchDbClient,
    readonly name: string,
  ) {
    this.#path = `/${encodeURIComponent(name)}`;
  }

  /**
   * Asks what the database is and how many documents it has.
   *
   * @throws SyncError COUCHDB_*.
   */
  async info(signal?: AbortSignal): Promise<DatabaseInfo> {
    const info = await this.client.getJson(
      { path: this.#path, ...(signal === undefined ? {} : { signal }) },
      infoSchema,
    );
    const instance = info.instance_start_time;
    return {
      documents: info.doc_count,
      tombstones: info.doc_del_count,
      updateSequence: info.update_seq,
      purgeSequence: info.purge_seq,
      instanceStartTime: instance === '0' ? undefined : instance,
    };
  }

  /**
   * Reads the changes feed, with documents.
   *
   * @throws SyncError COUCHDB_* when the response ends before its end.
   */
  changes(options: ChangesOptions): AsyncGenerator<ChangesEvent> {
    return readChanges(this.client, `${this.#path}/_changes`, options);
  }

  /** Reads the winning revision of one document; undefined when it is deleted or gone. */
  async document(id: string, signal?: AbortSignal): Promise<ChangedDocument | undefined> {
    const path = `${this.#path}/${id
      .split('/')
      .map(encodeURIComponent)
      .join(id.startsWith('_design/') ? '/' : '%2F')}`;
    try {
      return scanDocument(await this.client.getBytes({ path, ...(signal === undefined ? {} : { signal }) }));
    } catch (error) {
      // "Database does not exist" is a 404, too.
      if (error instanceof SyncError && /404: not_found, (missing|deleted)/.test(error.message)) return undefined;
      throw error;
    }
  }
}
