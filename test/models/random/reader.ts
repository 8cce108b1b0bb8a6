import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import type { TestDatabase } from '../../support/database.js';
import { steadyIds } from './documents.js';

/** A model as a reader sees it: its key, and the column with the ids of documents. */
export interface Readable {
  readonly model: string;
  readonly key: string;
  readonly id: string;
}

/** Reads the models again and again, each by a statement of its own, as a dashboard does. */
export interface Reader {
  /** Stops; gives what it has seen that was wrong, and how often it has looked. */
  stop(): Promise<{ readonly wrong: readonly string[]; readonly looks: number }>;
}

/** Starts one. What there is now of the documents that exist throughout must be there, once, each time. */
export async function startReader({ url }: TestDatabase, readables: readonly Readable[]): Promise<Reader> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const look = async ({ model, key, id }: Readable) => {
    const { rows } = await client.query<{ steady: number; twice: number }>({
      name: model,
      // Of contact types, those of the steady contacts are there throughout.
      text: `SELECT count(*) FILTER (WHERE ${id} = ANY($1) OR ${id} IN ('person', 'district_hospital'))::integer AS steady,
          (count(*) - count(DISTINCT ${key}))::integer AS twice
        FROM v1."${model}"`,
      values: [steadyIds],
    });
    return rows[0]!;
  };
  const expected = new Map<string, number>();
  for (const readable of readables) expected.set(readable.model, (await look(readable)).steady);

  const wrong = new Set<string>();
  let looks = 0;
  const stop = new AbortController();
  const reading = (async () => {
    while (!stop.signal.aborted) {
      for (const readable of readables) {
        const { model } = readable;
        const { steady, twice } = await look(readable);
        const missing = expected.get(model)! - steady;
        if (missing !== 0) wrong.add(`${model}: ${missing} of ${expected.get(model)} steady rows were missing`);
        if (twice !== 0) wrong.add(`${model}: ${twice} rows were there twice`);
      }
      looks += 1;
      // Without a rest it would take most of the time that those have who change the models.
      await pause(10);
    }
  })();
  // A failure is met when it is stopped.
  reading.catch(() => undefined);
  return {
    stop: async () => {
      stop.abort();
      try {
        await reading;
      } finally {
        await client.end();
      }
      return { wrong: [...wrong], looks };
    },
  };
}
