import type { GeneratedOptions } from '../servers/generated-database.js';
import { startGeneratedFeed, type GeneratedFeed } from '../servers/generated-feed.js';
import { serve } from './serve.js';

let feed: GeneratedFeed | undefined;

const calls = {
  /** Starts to serve a generated database and gives its address and name. */
  start: async (options: GeneratedOptions): Promise<{ readonly url: string; readonly database: string }> => {
    feed = await startGeneratedFeed(options);
    return { url: feed.url, database: feed.database };
  },
  edit: (count: number): void => feed?.edit(count),
};

/** What the process of the generated feed offers. */
export type FeedCalls = typeof calls;

serve(calls, async () => feed?.[Symbol.asyncDispose]());
