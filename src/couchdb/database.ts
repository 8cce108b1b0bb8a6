import { z } from 'zod';
import { readAllDocs, type AllDocsOptions } from './all-docs.js';
import type { AllDocsRow } from './all-docs-row.js';
import type { CouchDbClient } from './client.js';
import { scanDocument, type ChangedDocument } from './changes-row.js';
import { readChanges, type ChangesOptions, type ChangesEvent } from './changes-feed.js';
import {
  readDocuments,
  readMissing,
  readRevisions,
  type RevisionOfDocument,
  type WinningRevision,
} from './revisions.js';
import { SyncError } from '../lib/index.js';

const infoSchema = z.object({
  db_name: z.string(),
  update_seq: z.union([z.string(), z.number().transform(String)]),
  purge_seq: z.union([z.string(), z.number().transform(String)]).optional(),
  doc_count: z.number(),
  doc_del_count: z.number(),
  instance_start_time: z.string().optional(),
  cluster: z.object({ n: z.number() }).optional(),
});

const nowSchema = z.object({ last_seq: z.union([z.string(), z.number().transform(String)]) });
const purgedInfosSchema = z.object({
  purged_infos: z.array(z.object({ id: z.string(), revs: z.array(z.string()) })),
});
/** What versions before 3.4 answer to `_purged_infos`, and any version to who may not ask. */
const noPurgedInfos = /answered (400: (illegal_docid|bad_request)|404: not_found, missing|405|401|403)/;

/** The revisions of a document that were purged at once. */
export interface PurgedInfo {
  readonly id: string;
  readonly revs: readonly string[];
}

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
  /** How many copies of each document the cluster keeps; 1 where CouchDB does not say. */
  readonly copies: number;
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
      copies: info.cluster?.n ?? 1,
    };
  }

  /**
   * Reads the changes feed.
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

  /**
   * Reads the documents that are not deleted, in the order of the bytes of their ids.
   *
   * @throws SyncError COUCHDB_* when the response ends before its end: rows given till then are good.
   */
  allDocs(options: AllDocsOptions): AsyncGenerator<readonly AllDocsRow[]> {
    return readAllDocs(this.client, `${this.#path}/_all_docs`, options);
  }

  /**
   * Reads which revision wins of each of these ids; undefined where CouchDB knows no such document (it was never there, or
   * it was purged).
   *
   * @throws SyncError COUCHDB_*.
   */
  revisionsOf(ids: readonly string[], signal?: AbortSignal): Promise<Map<string, WinningRevision | undefined>> {
    return readRevisions(this.#place(signal), ids);
  }

  /**
   * Reads the documents of these ids as they are now, tombstones with their bodies too, in no order. What CouchDB does not
   * know is left out.
   *
   * @throws SyncError COUCHDB_*.
   */
  readDocuments(ids: readonly string[], signal?: AbortSignal): AsyncGenerator<ChangedDocument> {
    return readDocuments(this.#place(signal), ids);
  }

  /** `readDocuments`, all of them together in memory. */
  async documentsOf(ids: readonly string[], signal?: AbortSignal): Promise<ChangedDocument[]> {
    const documents: ChangedDocument[] = [];
    for await (const document of this.readDocuments(ids, signal)) documents.push(document);
    return documents;
  }

  /**
   * Asks which of these revisions CouchDB has never seen, or has purged.
   *
   * @throws SyncError COUCHDB_*.
   */
  missingRevisions(revisions: readonly RevisionOfDocument[], signal?: AbortSignal): Promise<RevisionOfDocument[]> {
    return readMissing(this.#place(signal), revisions);
  }

  /** The sequence of the newest change. */
  async currentSequence(signal?: AbortSignal): Promise<string> {
    const request = { path: `${this.#path}/_changes`, query: { since: 'now', limit: 0 } };
    const { last_seq: sequence } = await this.client.getJson({ ...request, ...(signal && { signal }) }, nowSchema);
    return sequence;
  }

  /**
   * The latest purges, of which CouchDB keeps the last thousand or so; undefined when it does not tell them (before 3.4).
   *
   * @throws SyncError COUCHDB_*.
   */
  async purgedInfos(signal?: AbortSignal): Promise<readonly PurgedInfo[] | undefined> {
    const request = { path: `${this.#path}/_purged_infos`, ...(signal && { signal }) };
    try {
      return (await this.client.getJson(request, purgedInfosSchema)).purged_infos;
    } catch (error) {
      if (error instanceof SyncError && noPurgedInfos.test(error.message)) return undefined;
      throw error;
    }
  }

  #place(signal: AbortSignal | undefined) {
    return { client: this.client, path: this.#path, ...(signal && { signal }) };
  }
}
