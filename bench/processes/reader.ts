import { Agent, request } from 'undici';
import { serve } from './serve.js';

/** What the reader has read. */
export interface Reading {
  readonly rows: number;
  readonly bytes: number;
  readonly ms: number;
}

const newline = 0x0a;
/** Enough for the end of a response with its `last_seq` and `pending`. */
const tailBytes = 16_384;

const calls = {
  /**
   * Reads a changes feed with its documents to the end, in the plainest way there is: it counts ends of lines and looks at
   * nothing else.
   *
   * @param limits - the rows of the first page, the second and so on; the last holds for all after it. Empty: one response.
   */
  read: async (database: string, cookie: string, limits: readonly number[]): Promise<Reading> => {
    const agent = new Agent();
    let rows = 0;
    let bytes = 0;
    let since = '0';
    const started = performance.now();
    for (let page = 0, more = true; more; page += 1) {
      const limit = limits[Math.min(page, limits.length - 1)];
      const query = `feed=normal&include_docs=true&since=${encodeURIComponent(since)}`;
      const { body, statusCode } = await request(
        `${database}/_changes?${query}${limit === undefined ? '' : `&limit=${limit}`}`,
        { dispatcher: agent, headers: { cookie, accept: 'application/json', 'accept-encoding': 'identity' } },
      );
      if (statusCode !== 200) throw new Error(`the feed was answered with ${statusCode}: ${await body.text()}`);
      let lines = 0;
      let tail: Buffer = Buffer.alloc(0);
      for await (const chunk of body) {
        const piece = chunk as Buffer;
        bytes += piece.length;
        for (let at = piece.indexOf(newline); at >= 0; at = piece.indexOf(newline, at + 1)) lines += 1;
        tail = piece.length >= tailBytes ? piece : Buffer.concat([tail, piece]).subarray(-tailBytes);
      }
      // Besides the rows: the line before them and the two behind them.
      rows += Math.max(0, lines - 3);
      const end = /"last_seq":"([^"]+)"(?:,"pending":(\d+))?/.exec(tail.toString('latin1'));
      if (end?.[1] === undefined) throw new Error('the feed was cut off');
      since = end[1];
      more = limit !== undefined && Number(end[2] ?? 0) > 0;
    }
    const ms = performance.now() - started;
    await agent.close();
    return { rows, bytes, ms };
  },
};

/** What the process of the reader offers. */
export type ReaderCalls = typeof calls;

serve(calls);
