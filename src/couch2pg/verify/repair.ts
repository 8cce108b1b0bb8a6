import { bareTombstone, type ChangedDocument } from '../../couchdb/index.js';
import type { Log } from '../../lib/index.js';
import { dropOvertaken, storedRevisionsOf, type StagedRow, type StoredRevision } from '../../postgres/index.js';
import { DocumentWriter } from '../document-writer.js';
import { stagedRow } from '../staged-row.js';
import type { ComparedSource } from './compared-source.js';
import type { Difference } from './difference.js';
import { Patience } from './patience.js';

/** What to mend, and how much at once. */
export interface RepairOptions extends ComparedSource {
  readonly schema: string;
  readonly table: string;
  readonly batch: { readonly rows: number; readonly bytes: number };
  readonly log: Log;
}

/** What a repair has done. */
export interface Repaired {
  /** How many rows were written. */
  readonly rows: number;
  /** How many documents PostgreSQL refused. */
  readonly parked: number;
}

const idsAtOnce = 500;

/**
 * Mends differences: writes what CouchDB has of these documents now, and a tombstone of what it does not know any more
 * (with the revision that is stored; `last_doc` keeps the body). Parked documents stay parked. As with every write, the
 * rows get watermarks and readers are notified.
 *
 * It may run beside a couch2pg that writes the same source. A row is written only if, under the lock that orders all
 * writers, the table still holds what the document was compared with. Of what couch2pg may be about to write:
 *
 * 1. An older revision than the one read here, committed after it: the table goes back to it for a moment. The newer one
 *    came to CouchDB after couch2pg had read the older, so its change is still ahead in the feed and ends it. A purge has
 *    no change in the feed: `verifySource` waits until couch2pg has written what it read before, and looks again.
 * 2. A newer revision, committed after this: it is written over what is written here, as it should be.
 * 3. Any revision, committed between the comparison and this: the table no longer holds what was compared, and the row
 *    written here is dropped. Whether the document still differs is seen by the next look at it.
 *
 * couch2pg's checkpoint is neither moved nor looked at.
 *
 * @throws SyncError COUCHDB_*, POSTGRES_*.
 */
export async function repairDifferences(options: RepairOptions, differences: readonly Difference[]): Promise<Repaired> {
  const patience = new Patience(options);
  const open = differences.filter(({ kind }) => kind !== 'parked');
  let [rows, parked] = [0, 0];
  for (let at = 0; at < open.length; at += idsAtOnce) {
    const some = open.slice(at, at + idsAtOnce);
    // What was written before a failure is dropped when it is tried again: it is not what was compared any more.
    const done = await patience.ask(() => repairSome(options, some));
    rows += done.rows;
    parked += done.parked;
  }
  return { rows, parked };
}

async function repairSome(options: RepairOptions, differences: readonly Difference[]): Promise<Repaired> {
  const { database, signal } = options;
  const unknown = new Map(differences.map((difference) => [difference.id, difference.postgres]));
  const writer = new RepairWriter(options, new Map(unknown));
  for await (const document of database.readDocuments([...unknown.keys()], signal)) {
    unknown.delete(document.id);
    await writer.add(document);
  }
  for (const [id, stored] of unknown) {
    if (stored !== null && !stored.deleted) await writer.add(bareTombstone(id, stored.rev));
  }
  return writer.finish();
}

/** Gathers documents and writes them, a batch at a time. */
class RepairWriter {
  readonly #writer: DocumentWriter;
  #rows: StagedRow[] = [];
  #bytes = 0;
  #done: Repaired = { rows: 0, parked: 0 };

  constructor(
    private readonly options: RepairOptions,
    expected: ReadonlyMap<string, StoredRevision | null>,
  ) {
    const { names, source } = options;
    this.#writer = new DocumentWriter({
      ...options,
      sequence: undefined,
      compareAndSet: {
        dropOvertaken: (client) => dropOvertaken(client, names, source, expected),
        isCurrent: async (client, id) => {
          const stored = (await storedRevisionsOf(client, names, source, [id])).get(id);
          const before = expected.get(id) ?? undefined;
          return stored?.rev === before?.rev && stored?.deleted === before?.deleted;
        },
      },
    });
  }

  async add(document: ChangedDocument): Promise<void> {
    const { database, batch } = this.options;
    const { row } = stagedRow(database.name, document);
    this.#rows.push(row);
    this.#bytes += row.doc.length;
    if (this.#rows.length >= batch.rows || this.#bytes >= batch.bytes) await this.#write();
  }

  async finish(): Promise<Repaired> {
    await this.#write();
    return this.#done;
  }

  async #write(): Promise<void> {
    if (this.#rows.length === 0) return;
    const rows = this.#rows.sort((a, b) => (a.id < b.id ? -1 : 1));
    const written = await this.#writer.write({
      ...{ rows, bytes: this.#bytes, changes: rows.length, recent: [] },
      ...{ sequence: undefined, pending: null },
    });
    this.#rows = [];
    this.#bytes = 0;
    this.#done = { rows: this.#done.rows + written.rows, parked: this.#done.parked + written.rejected };
  }
}
