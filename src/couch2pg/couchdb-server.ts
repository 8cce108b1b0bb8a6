import type { CouchDbOptions, FeedMode } from '../couchdb/index.js';

/** A CouchDB server, and what is followed of it. */
export interface CouchDbServer extends CouchDbOptions {
  /** The first part of the names of its sources; default: the host of its address, without port. */
  readonly name?: string;
  readonly databases: readonly string[];
  readonly liveFeed: Exclude<FeedMode, 'normal'>;
  /** How many requests a first load may make of this server at once; 1 for a first load by the feed. Default: 4. */
  readonly readers?: number;
  /** How often CouchDB shows that it is alive while nothing happens, in milliseconds; three in a row may be missed. */
  readonly heartbeatMs?: number;
}

/** The name of a source: `<host>/<database>`, as it stands in the tables, the log and the metrics. */
export function sourceName({ name, url }: Pick<CouchDbServer, 'name' | 'url'>, database: string): string {
  return `${name ?? new URL(url).hostname}/${database}`;
}
