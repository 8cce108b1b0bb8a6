/** How far the table is behind a source. */
export interface LagSample {
  /**
   * `idle`: everything is in the table. `behind`: some changes are known not to be. `unknown`: the source is not being
   * followed now, so nobody knows whether there are any.
   */
  readonly state: LagState;
  /**
   * The longest that a change can have waited, in milliseconds: 0 when idle; while not live, since everything was last in
   * the table. Null when it was not since this process began.
   */
  readonly ms: number | null;
}

/** See `LagSample`. */
export const lagStates = ['unknown', 'idle', 'behind'] as const;
/** See `LagSample`. */
export type LagState = (typeof lagStates)[number];

/** What is measured of a source. */
export interface SourceSample {
  /** `<host>/<database>`. */
  readonly source: string;
  readonly state: string;
  /** All the states there are. */
  readonly states: readonly string[];
  /** Whether another process writes it, which shows all of it that is not this process's own. */
  readonly isStandby: boolean;
  /** Whether it is being followed. */
  readonly up: boolean;
  readonly sequence: string | null;
  readonly pending: number | null;
  /** Changes written by this process. */
  readonly written: number;
  /** The size of their documents. */
  readonly bytes: number;
  /** Changes of this process that brought nothing new. */
  readonly unchanged: number;
  /** How often the database was found not to be what it was, by kind. */
  readonly regressions: Readonly<Record<string, number>>;
  /** Documents of this process that PostgreSQL refused. */
  readonly rejected: number;
  /** Characters that this process replaced because PostgreSQL cannot hold them. */
  readonly replacedCharacters: number;
  readonly lag: LagSample;
  /** How often a try has failed, by code; those that have not yet, too. */
  readonly errors: Readonly<Record<string, number>>;
  /** The code of the error that holds it up now. */
  readonly error: string | null;
}

/** What is measured of a model. */
export interface ModelSample {
  readonly name: string;
  readonly failed: boolean;
  readonly rows: number | null;
  /** When it ended, in milliseconds since the epoch; null when it has not run. */
  readonly lastRunAt: number | null;
  readonly durationMs: number | null;
}

/** What is measured of a dbt test of the package. */
export interface TestSample {
  readonly name: string;
  readonly failed: boolean;
  /** When it was last begun, in milliseconds since the epoch; null when that is not known. */
  readonly lastRunAt: number | null;
}

/** A run of the dataemon that has ended. */
export interface RunSample {
  readonly id: string;
  readonly kind: string;
  readonly durationMs: number;
  /** Models of it that failed. */
  readonly failed: number;
  readonly rowsAffected: number;
}

/** What is measured of a dataemon. */
export interface DataemonSample {
  /** Null when it keeps all models. */
  readonly selector: string | null;
  readonly state: string;
  /** All the states there are. */
  readonly states: readonly string[];
  /** Whether models are kept up to date, here or by another process. */
  readonly up: boolean;
  /** The code of what is wrong now. */
  readonly error: string | null;
  readonly lastRun: RunSample | null;
  readonly models: readonly ModelSample[];
  /** None where no tests are run. */
  readonly tests: readonly TestSample[];
}

/** What CHT Watchdog reads of a source. */
export type WatchdogSource = Pick<SourceSample, 'source' | 'isStandby' | 'up' | 'sequence' | 'pending'>;

/** What PostgreSQL tells of a source. */
export interface StoredSource {
  readonly source: string;
  /** Documents that are parked now. */
  readonly parked: number;
  /** Null when it was never verified. */
  readonly verification: {
    /** In milliseconds since the epoch. */
    readonly endedAt: number;
    readonly compared: number;
    readonly differences: Readonly<Record<string, number>>;
    readonly remaining: number;
  } | null;
}

/** What PostgreSQL tells of a model. */
export interface StoredModel {
  readonly name: string;
  /** For how long the oldest document that is not in it has waited, in milliseconds; null when unknown. */
  readonly lagMs: number | null;
  /** In milliseconds since the epoch; null when it never ran well. */
  readonly lastSuccessAt: number | null;
}

/** What CHT Watchdog reads of the models. */
export interface WatchdogSample {
  /** The host of the sources; null when there are several, or none. */
  readonly target: string | null;
  /** How far `document_metadata` is behind the table of documents; null when one of the two has no row. */
  readonly latencyMs: number | null;
  /** How long the last run of each model took, in milliseconds, by name. */
  readonly durations: ReadonlyMap<string, number>;
}

/** What only PostgreSQL knows. */
export interface StoredSample {
  readonly sources: readonly StoredSource[];
  readonly models: readonly StoredModel[];
  /** Null where no models are kept. */
  readonly watchdog: WatchdogSample | null;
}

/** What PostgreSQL tells of all sources and all models, whoever writes them. */
export interface DatabaseSample extends StoredSample {
  readonly followed: readonly WatchdogSource[];
}

/** Where the values come from; asked at each scrape. */
export interface Samplers {
  /** Missing where no documents are synced in this process. */
  readonly sources?: (() => readonly SourceSample[]) | undefined;
  /** Missing where no models are kept in this process. */
  readonly dataemon?: (() => DataemonSample) | undefined;
  /** Undefined when PostgreSQL does not answer in time. Never rejects. */
  readonly stored: () => Promise<StoredSample | undefined>;
}
