/** What the dataemon is doing, as a user sees it. */
export type DataemonState =
  | 'starting'
  /** For PostgreSQL, for the table of documents, or for another dataemon of the same selector to end. */
  | 'waiting'
  /** Fetching and parsing the package. */
  | 'installing'
  /** Making tables anew. */
  | 'building'
  /** Bringing models on. */
  | 'running'
  | 'idle'
  /** Something failed and is tried again after a pause; whatever does not depend on it is up to date. */
  | 'backing-off'
  /** Has ended. */
  | 'stopped';

/** What moves it from one state to another. */
export type DataemonEvent =
  'await-postgres' | 'install' | 'rebuild' | 'increment' | 'nothing-to-do' | 'pause-after-failure' | 'stop';

const working = {
  'await-postgres': 'waiting',
  install: 'installing',
  rebuild: 'building',
  increment: 'running',
  'nothing-to-do': 'idle',
  'pause-after-failure': 'backing-off',
  stop: 'stopped',
} as const satisfies Record<DataemonEvent, DataemonState>;

/** State x event; what is not in it cannot happen. */
export const transitions: Readonly<Record<DataemonState, Readonly<Partial<Record<DataemonEvent, DataemonState>>>>> = {
  starting: { 'await-postgres': 'waiting', stop: 'stopped' },
  // Models run only with a connection, which a lock and the table of documents come with.
  waiting: { ...working },
  installing: { ...working },
  building: { ...working },
  running: { ...working },
  idle: { ...working },
  'backing-off': { ...working },
  stopped: {},
};

/** What a dataemon may be doing. */
export const dataemonStates = Object.keys(transitions) as readonly DataemonState[];

/**
 * The state after an event.
 *
 * @throws Error when the event cannot happen in this state: a defect of ours.
 */
export function nextState(state: DataemonState, event: DataemonEvent): DataemonState {
  const next = transitions[state][event];
  if (next === undefined) throw new Error(`The dataemon cannot "${event}" while ${state}.`);
  return next;
}
