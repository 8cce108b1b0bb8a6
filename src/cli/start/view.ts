import type { SourceStatus } from '../../couch2pg/index.js';
import type { DataemonStatus } from '../../dataemon/index.js';

/** A part of the set-up, in the order it is done. */
export interface Step {
  readonly title: string;
  /** How far it is; undefined when that is not known. */
  readonly progress?: { readonly done: number; readonly total: number };
  readonly isDone: boolean;
}

/** Where the dashboards are, and who signs in. The password is of this demonstration only, and may be shown. */
export interface SupersetPlace {
  readonly url: string;
  readonly user: string;
  readonly password: string;
}

/** How a user can look at what the sync does. */
export interface Guide {
  /** A command line, as words of a shell that may be put on lines of their own; so is `edit`. */
  readonly psql: readonly string[];
  /** Edits a document of the sample; undefined for a source of the user's own. */
  readonly edit: readonly string[] | undefined;
  /** The statement that shows the edited document, as parts that may be put on lines of their own. */
  readonly query: readonly string[] | undefined;
  readonly metricsUrl: string | undefined;
  readonly logFile: string | undefined;
}

/** Everything that `start` shows. */
export interface View {
  readonly version: string;
  readonly steps: readonly Step[];
  readonly sources: readonly SourceStatus[];
  readonly dataemon: DataemonStatus | undefined;
  /** The latest warnings of the log, oldest first. */
  readonly warnings: readonly string[];
  /** Undefined until the dashboards can be looked at. */
  readonly superset: SupersetPlace | undefined;
  /** Undefined until there is something to look at. */
  readonly guide: Guide | undefined;
  readonly phase: 'running' | 'stopping' | 'stopped';
}
