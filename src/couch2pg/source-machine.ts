/**
 * What a source is doing.
 *
 * - `starting`: reading its checkpoint and asking CouchDB what the database is
 * - `standby`: another process writes this source; waiting to take over
 * - `paused`: told to wait by `cht-sync pause`
 * - `snapshot`: loading what is there by several readers, before the feed is followed
 * - `regressed`: the database is not what it was, so every id and revision is compared and mended
 * - `catching-up`: reading pages of the feed
 * - `live`: everything up to now is in the table; following the open feed
 * - `backing-off`: something failed that may pass; waiting before the next try
 * - `failed`: something failed that will not pass by itself; tried again at the slowest pace
 * - `stopped`: it has ended
 */
export const sourceStates = [
  'starting',
  'standby',
  'paused',
  'snapshot',
  'regressed',
  'catching-up',
  'live',
  'backing-off',
  'failed',
  'stopped',
] as const;

/** What a source is doing. */
export type SourceState = (typeof sourceStates)[number];

/**
 * What happens to a source.
 *
 * - `lock-refused`: another process holds the source's lock
 * - `locked`: this process may write it
 * - `paused`, `resumed`: by a person, through the table `couchdb_control`
 * - `opened`: the database is what it was, and the checkpoint is known
 * - `loading`: there is no checkpoint, or a resync was asked for: everything is read
 * - `loaded`: the snapshot is written
 * - `regression`: the database is not what it was
 * - `reconciled`: the table has been brought in line with it
 * - `caught-up`: the feed has nothing more
 * - `fell-behind`: more comes than the open feed is good for
 * - `interrupted`: the feed was left because something has to be looked at from the start
 * - `failed-for-now`, `failed-for-good`: an error that may pass, or one that will not by itself
 * - `retried`: the pause after an error is over
 * - `stopped`: the process ends
 */
export const sourceEvents = [
  'lock-refused',
  'locked',
  'paused',
  'resumed',
  'opened',
  'loading',
  'loaded',
  'regression',
  'reconciled',
  'caught-up',
  'fell-behind',
  'interrupted',
  'failed-for-now',
  'failed-for-good',
  'retried',
  'stopped',
] as const;

/** What happens to a source. */
export type SourceEvent = (typeof sourceEvents)[number];

/** An event that cannot come in this state: that it does is a defect. */
const never = null;

const always = {
  'failed-for-now': 'backing-off',
  'failed-for-good': 'failed',
  stopped: 'stopped',
} as const satisfies Partial<Record<SourceEvent, SourceState>>;

const nothing = {
  'lock-refused': never,
  locked: never,
  paused: never,
  resumed: never,
  opened: never,
  loading: never,
  loaded: never,
  regression: never,
  reconciled: never,
  'caught-up': never,
  'fell-behind': never,
  interrupted: never,
  retried: never,
  ...always,
} as const satisfies Record<SourceEvent, SourceState | null>;

/** Every state and event; the compiler sees to it that no cell is missing. SPEC.md explains it. */
export const transitions: Readonly<Record<SourceState, Readonly<Record<SourceEvent, SourceState | null>>>> = {
  starting: {
    ...nothing,
    'lock-refused': 'standby',
    locked: 'starting',
    paused: 'paused',
    opened: 'catching-up',
    loading: 'snapshot',
    regression: 'regressed',
    interrupted: 'starting',
  },
  standby: { ...nothing, 'lock-refused': 'standby', locked: 'starting' },
  paused: { ...nothing, resumed: 'starting' },
  snapshot: { ...nothing, loaded: 'catching-up', regression: 'regressed', interrupted: 'starting' },
  regressed: { ...nothing, reconciled: 'catching-up', interrupted: 'starting' },
  'catching-up': { ...nothing, 'caught-up': 'live', interrupted: 'starting' },
  live: { ...nothing, 'caught-up': 'live', 'fell-behind': 'catching-up', interrupted: 'starting' },
  'backing-off': { ...nothing, retried: 'starting' },
  failed: { ...nothing, retried: 'starting' },
  stopped: { ...nothing, 'failed-for-now': never, 'failed-for-good': never, stopped: 'stopped' },
};

/**
 * The state after an event.
 *
 * @throws Error when the event cannot come in this state, which is a defect.
 */
export function nextState(state: SourceState, event: SourceEvent): SourceState {
  const next = transitions[state][event];
  if (next === null) throw new Error(`a source that is ${state} cannot have the event ${event}`);
  return next;
}
