import { randomBytes } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { messageOf, SyncError, type Clock, type Log } from '../../lib/index.js';
import type { Awkwardness } from './awkwardness.js';
import { AwkwardnessSwitches } from './awkwardness-switches.js';
import { listen, type ListenerContext } from './http/listener.js';
import { ProvocationHandlers } from './http/provocation-handlers.js';
import { Sessions } from './http/session.js';
import type { Random } from './random.js';
import { Databases } from './store/databases.js';
import { catalogKeys } from './store/keys.js';
import { openLevel, type Level } from './store/level.js';
import { Provocations } from './store/provocations.js';

/** What an embedded source is started with. */
export interface EmbeddedCouchDbOptions {
  /** The folder for its data; made if it is not there. */
  readonly folder: string;
  /** The port to listen on; 0 for any that is free. */
  readonly port: number;
  /** The address to listen on; 127.0.0.1 if missing. */
  readonly host?: string;
  /** The only user there is at first. */
  readonly admin: { readonly user: string; readonly password: string };
  readonly log: Log;
  readonly clock: Clock;
  readonly random?: Random;
  /** Switches that differ from `defaultAwkwardness`. */
  readonly awkwardness?: Partial<Awkwardness>;
  /** The shards of a database made without `q`; 2 if missing. */
  readonly shards?: number;
  /** The longest body of a document, in UTF-16 code units; CouchDB's 8,000,000 if missing. */
  readonly maxDocumentBytes?: number;
  /** The longest body of a request; 256 MiB if missing. */
  readonly maxRequestBytes?: number;
}

/** A running embedded source. */
export interface EmbeddedCouchDb {
  /** `http://<host>:<port>`, without credentials. */
  readonly url: string;
  readonly host: string;
  readonly port: number;
  /** What goes wrong on purpose. */
  readonly awkwardness: AwkwardnessSwitches;
  /** Ends it; feeds that are open are cut. */
  stop(): Promise<void>;
}

const defaultShards = 2;
/** CouchDB's `max_document_size`. */
const defaultMaxDocumentBytes = 8_000_000;
const defaultMaxRequestBytes = 256 * 1024 * 1024;

/**
 * Starts a small durable server that speaks CouchDB's protocol as a cluster does. It is for tests and for a first look:
 * it is not Apache CouchDB, says so, and must not hold data that anybody needs.
 *
 * @throws SyncError EMBEDDED_FAILED when the port is taken or the folder cannot be used.
 */
export async function startEmbeddedCouchDb(options: EmbeddedCouchDbOptions): Promise<EmbeddedCouchDb> {
  const { folder, host = '127.0.0.1', admin, log, clock, random = Math.random } = options;
  const level = await openLevel(folder);
  try {
    const databases = new Databases({ level, now: () => clock.now(), random, shards: options.shards ?? defaultShards });
    await databases.removeLeftovers();
    if (!(await databases.names()).includes('_users')) await databases.create('_users');
    const awkwardness = new AwkwardnessSwitches(options.awkwardness);
    const sessions = new Sessions({
      admin,
      databases,
      secret: await secretOf(level),
      now: () => clock.now(),
      sessionSeconds: () => awkwardness.get().sessionSeconds,
    });
    const context: ListenerContext = {
      ...{ awkwardness, clock, random, databases, sessions, log },
      maxDocumentBytes: options.maxDocumentBytes ?? defaultMaxDocumentBytes,
      maxRequestBytes: options.maxRequestBytes ?? defaultMaxRequestBytes,
      provocations: new ProvocationHandlers(awkwardness, databases, new Provocations(level, databases)),
    };
    const requests = new Set<Promise<void>>();
    const server = createServer((request, response) => {
      const answered = listen(request, response, context).finally(() => requests.delete(answered));
      requests.add(answered);
    });
    const port = await listenOn(server, host, options.port);
    log.warn({ host, port, folder }, 'The embedded source runs: for tests and a first look only, not Apache CouchDB');
    const close = async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
      await Promise.allSettled(requests);
      await databases.close();
      await level.close();
    };
    let stopped: Promise<void> | undefined;
    const stop = () => (stopped ??= close());
    return { url: `http://${host}:${port}`, host, port, awkwardness, stop };
  } catch (error) {
    await level.close();
    throw error;
  }
}

/** What cookies are signed with; kept, so that sessions outlive a restart. */
async function secretOf(level: Level): Promise<string> {
  const kept = await level.get(catalogKeys.secret);
  if (kept !== undefined) return kept;
  const secret = randomBytes(32).toString('hex');
  await level.put(catalogKeys.secret, secret);
  return secret;
}

/** The port that it listens on. */
async function listenOn(server: Server, host: string, port: number): Promise<number> {
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, host, () => {
        server.off('error', reject);
        resolve();
      });
    });
  } catch (cause) {
    const taken = (cause as { code?: unknown }).code === 'EADDRINUSE';
    throw new SyncError(
      'EMBEDDED_FAILED',
      taken
        ? `The embedded source cannot listen on port ${port}: another program does.`
        : `The embedded source cannot listen on ${host}:${port}: ${messageOf(cause)}.`,
      { remedy: `Free port ${port} or set EMBEDDED_COUCHDB_PORT to another.`, cause },
    );
  }
  return (server.address() as AddressInfo).port;
}
