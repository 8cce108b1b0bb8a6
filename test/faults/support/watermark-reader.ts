import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'vitest';
import type { TestDatabase } from '../../support/database.js';
import type { TableRow } from '../../end-to-end/support/table.js';

interface SeenRow {
  readonly key: string;
  readonly stamp: string;
}

/**
 * Reads as models do: it remembers the greatest `saved_timestamp` it has seen and asks for greater ones only, again and
 * again, until it is disposed of.
 */
export class WatermarkReader implements AsyncDisposable {
  readonly #stop = new AbortController();
  readonly #seen = new Map<string, string>();
  readonly #reading: Promise<void>;
  #greatest = '-infinity';

  constructor(
    private readonly database: TestDatabase,
    private readonly everyMs = 10,
  ) {
    this.#reading = this.#readOn();
  }

  /** It has seen the last change of each row of the table: a row that it has missed it will never see. */
  async hasSeen(rows: readonly Pick<TableRow, 'key' | 'savedTimestamp'>[]): Promise<void> {
    // Without a row there may be no table yet.
    if (rows.length > 0) await this.#read();
    expect(Object.fromEntries(this.#seen)).toEqual(
      Object.fromEntries(rows.map(({ key, savedTimestamp }) => [key, savedTimestamp])),
    );
    expect(new Set(rows.map(({ savedTimestamp }) => savedTimestamp)).size, 'each has a stamp of its own').toBe(
      rows.length,
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#reading;
  }

  async #readOn(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      // The table may not be there yet, or PostgreSQL may be away.
      await this.#read().catch(() => undefined);
      await delay(this.everyMs);
    }
  }

  async #read(): Promise<void> {
    const since = this.#greatest;
    const { rows } = await this.database.pool.query<SeenRow>(
      `SELECT _id AS key, saved_timestamp::text AS stamp FROM v1.couchdb
       WHERE saved_timestamp > $1 ORDER BY saved_timestamp`,
      [since],
    );
    // Of two reads at once the one that began later counts.
    if (since !== this.#greatest) return;
    for (const { key, stamp } of rows) {
      this.#seen.set(key, stamp);
      this.#greatest = stamp;
    }
  }
}
