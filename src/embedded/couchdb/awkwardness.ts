/**
 * What a real cluster, or what stands before it, does now and then. Everything is off at first but what a cluster always
 * does: shards that are merged in an order of their own, and sequences that cannot be compared.
 *
 * It can be set at any time, from the same process or by `PUT /_embedded/awkwardness`, and holds for what is asked next;
 * a feed that is under way goes on as it began.
 */
export interface Awkwardness {
  /** Merges the shards in another order each time. */
  readonly shuffle: boolean;
  /** The number before the sequence goes up and down from row to row. */
  readonly bouncingPrefix: boolean;
  /**
   * A feed begins with so many rows of each shard that `since` already has. They count towards `limit`, but there are
   * never so many of them that a page has nothing new.
   */
  readonly repeatRows: number;
  /** So many of the next feeds go back to before `since`. */
  readonly rewinds: number;
  /** How far they go back: to the beginning, or to half of what each shard had. */
  readonly rewindTo: 'start' | 'half';
  /** `pending` is null, as when a shard has not answered. */
  readonly nullPending: boolean;
  /** Every so manieth row has `"doc":null`; 0 for none. */
  readonly nullDocEvery: number;
  /** An empty line, as a heartbeat is, after every so many rows; 0 for none. */
  readonly blankLineEvery: number;
  /** A pause before each row, in milliseconds. */
  readonly rowDelayMs: number;
  /** Longpoll and continuous feeds end by themselves after so many rows; 0 for never. */
  readonly endAfterRows: number;
  /** Longpoll and continuous feeds end by themselves after so many milliseconds; 0 for never. */
  readonly endAfterMs: number;
  /** `reordered`: keys in an order that CouchDB does not use. `pretty`: that, and each row over many lines. */
  readonly rowLayout: 'couchdb' | 'reordered' | 'pretty';
  /** Compresses for clients that accept gzip, as the CHT's nginx does. */
  readonly gzip: boolean;
  /** How long a session lasts, in seconds. */
  readonly sessionSeconds: number;
  /** Requests that go wrong; the first that matches is taken, `times` times. */
  readonly faults: readonly Fault[];
}

/** Something that goes wrong with some of the next requests. */
export interface Fault {
  /** A regular expression for the path with its query, such as `/medic/_changes`. */
  readonly path: string;
  /** A regular expression for the method; any if missing. */
  readonly method?: string | undefined;
  /** How many requests it strikes. */
  readonly times: number;
  /** What happens. */
  readonly effect: Effect;
}

/** What can go wrong with a request. `afterBytes` counts bytes of the body before any compression. */
export type Effect =
  /** An error of CouchDB's kind, or of a proxy's: 401 as for an expired session, 404, 413, 429, 500, 503... */
  | { readonly kind: 'status'; readonly status: number; readonly retryAfterSeconds?: number | undefined }
  /** 200 and a web page, as from a captive portal or a wrong address. */
  | { readonly kind: 'html' }
  /** Nothing more comes, and the connection stays open; with 0 bytes not even the headers. */
  | { readonly kind: 'hang'; readonly afterBytes: number }
  /** The connection is reset. */
  | { readonly kind: 'reset'; readonly afterBytes: number }
  /** The body ends too early: as though it were whole (`terminated`), or with the connection. */
  | { readonly kind: 'cut'; readonly afterBytes: number; readonly terminated: boolean }
  /** The answer comes so late. */
  | { readonly kind: 'delay'; readonly ms: number };

/** How it is at first. */
export const defaultAwkwardness: Awkwardness = {
  shuffle: false,
  bouncingPrefix: false,
  repeatRows: 0,
  rewinds: 0,
  rewindTo: 'start',
  nullPending: false,
  nullDocEvery: 0,
  blankLineEvery: 0,
  rowDelayMs: 0,
  endAfterRows: 0,
  endAfterMs: 0,
  rowLayout: 'couchdb',
  gzip: false,
  sessionSeconds: 600,
  faults: [],
};
