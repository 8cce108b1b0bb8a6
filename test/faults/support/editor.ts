import type { TestCouchDatabase } from '../../support/couchdb.js';
import { askCouchDb } from '../../end-to-end/support/couchdb-text.js';
import type { Random } from './random.js';
import type { Scene } from './scene.js';

/** A handful of ids, the same in each database, so that they are edited often and collide between sources. */
const ids = Array.from({ length: 14 }, (_, n) => `d${n}`);
const texts = ['', 'ü€😀', '\u0000 and \\u0000', '"\\"', 'x'.repeat(3_000)];

/** Edits databases as people and replications do. What CouchDB refuses (a conflict of two edits) is left as it is. */
export class Editor {
  #n = 0;

  constructor(
    private readonly scene: Scene,
    private readonly random: Random,
  ) {}

  /** A few edits of one database at once. */
  async edit(): Promise<string> {
    const source = this.random.pick(this.scene.sources);
    const [what, edit] = this.random.pick(this.#edits);
    await edit(source);
    return what;
  }

  /** Purges the winning revision of a document; one that lost may win now. */
  async purge(): Promise<void> {
    const source = this.random.pick(this.scene.sources);
    const _id = this.random.pick(ids);
    const rev = await this.#revision(source, _id);
    if (rev !== undefined) await source.purge(_id, rev);
  }

  readonly #edits: readonly (readonly [string, (source: TestCouchDatabase) => Promise<void>])[] = [
    ['write', (source) => this.#write(source, this.random.integer(1, 8))],
    ['write many', (source) => this.#write(source, 40, (n) => `many-${n}`)],
    ['delete', (source) => this.#delete(source)],
    ['conflict', (source) => this.#conflict(source)],
    ['write', (source) => this.#write(source, 2)],
  ];

  async #write(
    source: TestCouchDatabase,
    count: number,
    id: (n: number) => string = () => this.random.pick(ids),
  ): Promise<void> {
    const docs = new Map<string, Record<string, unknown>>();
    for (let i = 0; i < count; i += 1) {
      const _id = id((this.#n += 1));
      // With no revision it is a new document, or one that comes back after its delete.
      const rev = await this.#revision(source, _id);
      docs.set(_id, { _id, ...(rev === undefined ? {} : { _rev: rev }), n: this.#n, text: this.random.pick(texts) });
    }
    await this.#post(source, { docs: [...docs.values()] });
  }

  async #delete(source: TestCouchDatabase): Promise<void> {
    const _id = this.random.pick(ids);
    const rev = await this.#revision(source, _id);
    if (rev === undefined) return;
    await this.#post(source, { docs: [{ _id, _rev: rev, _deleted: true, why: `delete ${(this.#n += 1)}` }] });
  }

  /** A revision beside those that there are, which wins or loses; it may be a tombstone. */
  async #conflict(source: TestCouchDatabase): Promise<void> {
    const _id = this.random.pick(ids);
    const hash = () => Array.from({ length: 32 }, () => this.random.integer(0, 15).toString(16)).join('');
    const start = this.random.integer(1, 4);
    const hashes = Array.from({ length: start }, hash);
    const doc = {
      ...{ _id, _rev: `${start}-${hashes[0]!}`, _revisions: { start, ids: hashes }, n: (this.#n += 1) },
      ...(this.random.chance(0.2) ? { _deleted: true } : {}),
    };
    await this.#post(source, { docs: [doc], new_edits: false });
  }

  async #revision(source: TestCouchDatabase, id: string): Promise<string | undefined> {
    const { status, text } = await askCouchDb(this.scene.couchdb, 'GET', `/${source.name}/${id}`);
    return status === 200 ? (JSON.parse(text) as { _rev: string })._rev : undefined;
  }

  async #post(source: TestCouchDatabase, body: unknown): Promise<void> {
    const path = `/${source.name}/_bulk_docs`;
    const { status, text } = await askCouchDb(this.scene.couchdb, 'POST', path, JSON.stringify(body));
    if (status !== 201) throw new Error(`${path}: ${status} ${text}`);
  }
}
