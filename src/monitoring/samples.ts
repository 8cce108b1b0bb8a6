/** What is measured of a source. */
export interface SourceSample {
  /** `<host>/<database>`. */
  readonly source: string;
  readonly state: string;
  /** All the states there are. */
  readonly states: readonly string[];
  /** Whether it is being followed, here or by another process. */
  readonly up: boolean;
  readonly sequence: string | null;
  readonly pending: number | null;
  /** Changes written by this process. */
  readonly written: number;
  /** Changes of this process that brought nothing new. */
  readonly unchanged: number;
  /** How often the database was found not to be what it was, by kind. */
  readonly regressions: Readonly<Record<string, number>>;
  /** Documents of this process that PostgreSQL refused. */
  readonly rejected: number;
  /** Characters that this process replaced because PostgreSQL cannot hold them. */
  readonly replacedCharacters: number;
  /** In milliseconds; null when unknown. */
  readonly lagMs: number | null;
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

/** Whether the process does what it is there for. */
export interface Readiness {
  readonly ready: boolean;
  /** What keeps it from being ready, one entry each. */
  readonly waitingFor: readonly string[];
}

/** Where the values come from; asked at each scrape. */
export interface Samplers {
  readonly sources: () => readonly SourceSample[];
  readonly models: () => readonly ModelSample[];
  /** None where no tests are run. */
  readonly tests: () => readonly TestSample[];
  readonly readiness: () => Readiness;
}
