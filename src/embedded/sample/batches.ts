import { sampleDatabases, type Entry, type SampleDatabase, type SampleDocument } from './documents.js';
import type { Random } from './random.js';
import { revisionsOf } from './revisions.js';

/** What one `_bulk_docs` request carries. No document is in it twice. */
export interface SampleBatch {
  readonly database: SampleDatabase;
  readonly documents: readonly SampleDocument[];
  /**
   * The `new_edits` of the request: `false` where documents bring their revision, so that sending them again changes
   * nothing; `true` in `_users`, whose passwords CouchDB hashes only then.
   */
  readonly newEdits: boolean;
  /** How many of them are first revisions, which is how many documents it adds. */
  readonly firstRevisions: number;
}

/** Documents of a batch at most. */
export const batchSize = 500;
/** Documents that wait for their next revision, so that it comes in a later batch, as it does in life. */
const waitingAtMost = 1500;

/** Puts entries into batches, a database each; later revisions come some batches after their first. */
export function* batches(entries: Iterable<Entry>, random: Random): Generator<SampleBatch> {
  const open = new Map(sampleDatabases.map((database) => [database, new OpenBatch(database)]));
  const waiting: { database: SampleDatabase; revisions: SampleDocument[] }[] = [];

  function* add(database: SampleDatabase, document: SampleDocument, first: boolean): Generator<SampleBatch> {
    const batch = open.get(database);
    if (batch?.has(document) === true) yield batch.take();
    if (batch?.add(document, first) === true) yield batch.take();
  }
  function* nextRevision(): Generator<SampleBatch> {
    const next = waiting.shift();
    const document = next?.revisions.shift();
    if (next === undefined || document === undefined) return;
    yield* add(next.database, document, false);
    if (next.revisions.length > 0) waiting.push(next);
  }

  for (const entry of entries) {
    const { database } = entry;
    if (database === '_users') {
      yield* add(database, entry.document, true);
      continue;
    }
    const [first, ...later] = revisionsOf(entry, random);
    yield* add(database, first, true);
    if (later.length > 0) waiting.push({ database, revisions: later });
    if (waiting.length > waitingAtMost) yield* nextRevision();
  }
  while (waiting.length > 0) yield* nextRevision();
  for (const batch of open.values()) if (batch.size > 0) yield batch.take();
}

class OpenBatch {
  #documents: SampleDocument[] = [];
  #ids = new Set<string>();
  #firstRevisions = 0;

  constructor(private readonly database: SampleDatabase) {}

  get size(): number {
    return this.#documents.length;
  }

  has({ _id }: SampleDocument): boolean {
    return this.#ids.has(_id);
  }

  /** Whether the batch is full now. */
  add(document: SampleDocument, first: boolean): boolean {
    this.#documents.push(document);
    this.#ids.add(document._id);
    if (first) this.#firstRevisions += 1;
    return this.#documents.length >= batchSize;
  }

  take(): SampleBatch {
    const batch = {
      database: this.database,
      documents: this.#documents,
      newEdits: this.database === '_users',
      firstRevisions: this.#firstRevisions,
    };
    this.#documents = [];
    this.#ids = new Set();
    this.#firstRevisions = 0;
    return batch;
  }
}
