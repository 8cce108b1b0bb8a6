import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  nextState,
  sourceEvents,
  sourceStates,
  transitions,
  type SourceEvent,
  type SourceState,
} from './source-machine.js';

const spec = readFileSync(new URL('SPEC.md', import.meta.url), 'utf8');

/** The table of SPEC.md: the state behind each state and event; null where there is a dash. */
function specified(): Record<string, Record<string, string | null>> {
  const lines = spec.split('\n').filter((line) => line.startsWith('|'));
  const cells = lines.map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim().replaceAll('`', '')),
  );
  const header = cells.find(([first]) => first === 'Event');
  if (header === undefined) throw new Error('SPEC.md has no table of transitions');
  const events = cells.filter(([first]) => (sourceEvents as readonly string[]).includes(first ?? ''));
  return Object.fromEntries(
    header
      .slice(1)
      .map((state, column) => [
        state,
        Object.fromEntries(events.map(([event = '', ...next]) => [event, next[column] === '-' ? null : next[column]])),
      ]),
  ) as Record<string, Record<string, string | null>>;
}

describe('the state machine of a source', () => {
  test('is what SPEC.md says, cell by cell', () => {
    expect(specified()).toEqual(transitions);
  });

  test('can fail and be stopped in every state but the last', () => {
    for (const state of sourceStates.filter((each) => each !== 'stopped')) {
      expect(nextState(state, 'failed-for-now')).toBe('backing-off');
      expect(nextState(state, 'failed-for-good')).toBe('failed');
      expect(nextState(state, 'stopped')).toBe('stopped');
    }
  });

  test('never leaves its end', () => {
    for (const event of sourceEvents.filter((each) => each !== 'stopped')) {
      expect(() => nextState('stopped', event)).toThrow(/cannot have the event/);
    }
  });

  test('is live only after it has opened the database, and has mended what was found', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...sourceEvents), { maxLength: 60 }), (events) => {
        const { path } = walk(events);
        const live = path.lastIndexOf('live');
        const before = path.slice(0, live).filter((state, at, all) => state !== all[at - 1]);
        if (live > 0) expect(['catching-up', 'live']).toContain(before.at(-1));
        const regressed = path.lastIndexOf('regressed');
        if (regressed >= 0 && live > regressed) expect(path.slice(regressed, live)).toContain('catching-up');
      }),
    );
  });

  test('reaches every state from every state but the end', () => {
    for (const from of sourceStates.filter((state) => state !== 'stopped')) {
      expect(reachable(from)).toEqual(new Set(sourceStates));
    }
  });
});

/** Takes the events that can come, and leaves the others out. */
function walk(events: readonly SourceEvent[]): { path: SourceState[] } {
  const path: SourceState[] = ['starting'];
  for (const event of events) {
    const next = transitions[path.at(-1) ?? 'starting'][event];
    if (next !== null) path.push(next);
  }
  return { path };
}

function reachable(from: SourceState): Set<SourceState> {
  const found = new Set<SourceState>([from]);
  for (const state of found) {
    for (const event of sourceEvents) {
      const next = transitions[state][event];
      if (next !== null) found.add(next);
    }
  }
  return found;
}
