import { setTimeout as sleep } from 'node:timers/promises';
import { revisionsOfDocuments, Watcher } from '../measure/watcher.js';
import type { PostgresConnection } from '../../src/postgres/index.js';
import type { Database, Document } from '../servers/couchdb.js';

/** The way of one edit, in milliseconds. */
export interface EditTimes {
  /** From when it was due to the answer of its PUT. */
  readonly put: number;
  /** From the answer of its PUT to the answer of the first query that sees it in the table. */
  readonly afterAnswer: number;
  /** From when it was due to the answer of that query. */
  readonly afterDue: number;
}

/**
 * Edits each document once, at random distances of a set mean. Each edit is sent when it is due, however late those before
 * it are: so a pause of the whole is in the times of all edits that fell into it, not of one only.
 */
export async function steadyEdits(
  database: Database,
  connection: PostgresConnection,
  documents: readonly Document[],
  perSecond: number,
): Promise<EditTimes[]> {
  const watcher = await Watcher.open(connection, revisionsOfDocuments);
  const edit = async (document: Document, due: number): Promise<EditTimes> => {
    const rev = await database.put({ ...document, edited: true });
    const answered = performance.now();
    const { notAfter } = await watcher.expect(document._id, rev);
    return { put: answered - due, afterAnswer: notAfter - answered, afterDue: notAfter - due };
  };
  try {
    return await steadily(documents, perSecond, edit);
  } finally {
    await watcher.close();
  }
}

/**
 * Does something for each item, at random distances of a set mean: when it is due, however late those before it are.
 *
 * @param act - is given when it was due, as `performance.now()` has it.
 */
export async function steadily<Item, Result>(
  items: readonly Item[],
  perSecond: number,
  act: (item: Item, due: number) => Promise<Result>,
): Promise<Result[]> {
  const results: Promise<Result>[] = [];
  let due = performance.now();
  for (const item of items) {
    due += distanceMs(perSecond);
    const wait = due - performance.now();
    if (wait > 0) await sleep(wait);
    const result = act(item, due);
    // A failure is met below.
    result.catch(() => undefined);
    results.push(result);
  }
  return Promise.all(results);
}

/** Between two events that do not know of each other. */
const distanceMs = (perSecond: number) => (-Math.log(1 - Math.random()) * 1000) / perSecond;
