import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import type { PostgresConnection } from '../../src/postgres/index.js';

/** When something became visible, as `performance.now()` has it. */
export interface Seen {
  /** A query sent then did not see it yet. */
  readonly notBefore: number;
  /** The first query that saw it was answered then. */
  readonly notAfter: number;
}

interface Awaited {
  readonly mark: string;
  readonly since: number;
  notBefore: number;
  readonly resolve: (seen: Seen) => void;
  readonly reject: (error: Error) => void;
}

const pollMs = 1;
const limitMs = 60_000;

/**
 * Looks out for rows of one table to become visible: on a connection of its own, by primary key, again a millisecond after
 * the last answer and only while something is awaited. A notification is not waited for: what counts is what a reader sees.
 */
export class Watcher {
  readonly #awaited = new Map<string, Awaited>();
  #isLooking = false;

  private constructor(
    private readonly client: pg.Client,
    private readonly query: string,
  ) {}

  /**
   * Connects.
   *
   * @param query - gives `id` and `mark` of the rows whose ids are in the array `$1`.
   */
  static async open(connection: PostgresConnection, query: string): Promise<Watcher> {
    const client = new pg.Client({ ...connection });
    await client.connect();
    return new Watcher(client, query);
  }

  /** Waits until the row of this id has this mark. One mark an id may be awaited at once. */
  expect(id: string, mark: string): Promise<Seen> {
    const seen = new Promise<Seen>((resolve, reject) => {
      const since = performance.now();
      this.#awaited.set(id, { mark, since, notBefore: since, resolve, reject });
    });
    if (!this.#isLooking) void this.#look();
    return seen;
  }

  async close(): Promise<void> {
    this.#awaited.clear();
    await this.client.end();
  }

  async #look(): Promise<void> {
    this.#isLooking = true;
    try {
      while (this.#awaited.size > 0) {
        await this.#lookOnce();
        await sleep(pollMs);
      }
    } catch (error) {
      for (const { reject } of this.#awaited.values()) reject(error as Error);
      this.#awaited.clear();
    }
    this.#isLooking = false;
  }

  async #lookOnce(): Promise<void> {
    const sent = performance.now();
    const { rows } = await this.client.query<{ id: string; mark: string | null }>({
      name: 'watch',
      text: this.query,
      values: [[...this.#awaited.keys()]],
    });
    const answered = performance.now();
    const marks = new Map(rows.map(({ id, mark }) => [id, mark]));
    for (const [id, awaited] of this.#awaited) {
      if (awaited.since > sent) continue;
      if (marks.get(id) === awaited.mark) {
        this.#awaited.delete(id);
        awaited.resolve({ notBefore: awaited.notBefore, notAfter: answered });
      } else if (sent - awaited.since > limitMs) {
        throw new Error(`${id} was not seen within ${limitMs / 1000} s`);
      } else awaited.notBefore = sent;
    }
  }
}

/** Sees the revision of documents in couch2pg's table. */
export const revisionsOfDocuments = 'SELECT _id AS id, _rev AS mark FROM v1.couchdb WHERE _id = ANY($1)';
