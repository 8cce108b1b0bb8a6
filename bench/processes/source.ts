import { startEmbeddedCouchDb, type EmbeddedCouchDb } from '../../src/embedded/index.js';
import { createLog, systemClock } from '../../src/lib/index.js';
import { serve } from './serve.js';

let source: EmbeddedCouchDb | undefined;

const calls = {
  /** Starts the embedded source and gives its address. */
  start: async (folder: string, admin: { user: string; password: string }): Promise<string> => {
    const log = createLog({ level: 'error', format: 'text', secrets: [admin.password] });
    source = await startEmbeddedCouchDb({ folder, port: 0, admin, log, clock: systemClock });
    return source.url;
  },
};

/** What the process of the source offers. */
export type SourceCalls = typeof calls;

serve(calls, async () => source?.stop());
