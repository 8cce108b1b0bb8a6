import pg from 'pg';

/** A statement that a dashboard asks again and again, and what it must always answer. */
export interface Question {
  readonly text: string;
  readonly answer: unknown;
}

/** A dashboard that asks as fast as it can. */
export interface Dashboard {
  /** Stops; gives what was wrong, and how often it has asked. */
  stop(): Promise<{ readonly wrong: readonly string[]; readonly looks: number }>;
}

/** Starts one on a connection of its own. An error or another answer is kept, and it goes on. */
export async function startDashboard(connection: pg.ClientConfig, questions: readonly Question[]): Promise<Dashboard> {
  const client = new pg.Client(connection);
  await client.connect();
  const wrong = new Set<string>();
  let looks = 0;
  const stop = new AbortController();
  const asking = (async () => {
    while (!stop.signal.aborted) {
      for (const { text, answer } of questions) {
        const found = await client.query<{ answer: unknown }>(text).then(
          ({ rows }) => JSON.stringify(rows[0]?.answer),
          (error: unknown) => String(error),
        );
        if (found !== JSON.stringify(answer)) wrong.add(`${text}: ${found}, not ${JSON.stringify(answer)}`);
      }
      looks += 1;
    }
  })();
  return {
    stop: async () => {
      stop.abort();
      await asking;
      await client.end();
      return { wrong: [...wrong], looks };
    },
  };
}
