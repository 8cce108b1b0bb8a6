import { classified, isStorableText, parkedRevisionsOf, storedRevisionsOf } from '../../postgres/index.js';
import type { ComparedSource } from './compared-source.js';
import { differenceOf, isSame, type Difference, type Sides } from './difference.js';
import { Patience } from './patience.js';

/** The longest key that PostgreSQL's index always takes: a third of a page. https://www.postgresql.org/docs/current/btree.html */
const longestKeyBytes = 2704;
const purgesAreNewForMs = 30_000;

/** Looks at single documents on both sides. */
export class Looker {
  readonly #patience: Patience;
  #purged: ReadonlySet<string> = new Set();
  #purgedReadAt = -Infinity;

  constructor(private readonly options: ComparedSource) {
    this.#patience = new Patience(options);
  }

  /**
   * Gives the documents among these that differ now. CouchDB is asked first: what it says is then the older view, so a
   * sync that is quick enough makes no difference.
   *
   * @throws SyncError COUCHDB_*, POSTGRES_*.
   */
  async differences(ids: readonly string[]): Promise<Difference[]> {
    if (ids.length === 0) return [];
    const { database, signal } = this.options;
    const revisions = await this.#patience.ask(() => database.revisionsOf(ids, signal));
    const stored = await this.#postgres((...of) => storedRevisionsOf(...of, ids));
    const sides = new Map<string, Sides>();
    for (const id of ids) {
      const both = { couchdb: revisions.get(id), postgres: stored.get(id) };
      // Of a tombstone whose id no row can have, nothing is to be held.
      const isNothing = both.couchdb?.deleted === true && both.postgres === undefined && !canBeKey(id);
      if (!isNothing && !isSame(both)) sides.set(id, both);
    }
    if (sides.size === 0) return [];
    const parked = await this.#postgres((...of) => parkedRevisionsOf(...of, [...sides.keys()]));
    if ([...sides.values()].some(({ couchdb }) => couchdb === undefined)) await this.#readPurges();
    return [...sides].map(([id, both]) =>
      differenceOf(id, both, { parkedRev: parked.get(id), isPurged: this.#purged.has(id) }),
    );
  }

  async #postgres<T>(
    read: (pool: ComparedSource['pool'], names: ComparedSource['names'], source: string) => Promise<T>,
  ): Promise<T> {
    const { pool, names, source } = this.options;
    return this.#patience.ask(() => classified(`comparing ${source}`, read(pool, names, source)));
  }

  async #readPurges(): Promise<void> {
    const { database, clock, signal } = this.options;
    if (clock.now() - this.#purgedReadAt < purgesAreNewForMs) return;
    const infos = (await this.#patience.ask(() => database.purgedInfos(signal))) ?? [];
    this.#purged = new Set(infos.map(({ id }) => id));
    this.#purgedReadAt = clock.now();
  }
}

/** Whether a row can surely have this id. */
function canBeKey(id: string): boolean {
  return isStorableText(id) && Buffer.byteLength(id) <= longestKeyBytes;
}
