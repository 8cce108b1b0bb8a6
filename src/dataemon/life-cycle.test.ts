import { expect, test } from 'vitest';
import { nextState, transitions, type DataemonEvent, type DataemonState } from './life-cycle.js';

const states = Object.keys(transitions) as DataemonState[];

test('it can be stopped in every state, and nothing follows', () => {
  for (const state of states.filter((state) => state !== 'stopped')) expect(nextState(state, 'stop')).toBe('stopped');
  expect(Object.keys(transitions.stopped)).toEqual([]);
});

test('PostgreSQL can be lost in every state but the last', () => {
  for (const state of states.filter((state) => state !== 'stopped')) {
    expect(nextState(state, 'await-postgres')).toBe('waiting');
  }
});

test('no model runs before PostgreSQL has been waited for', () => {
  for (const event of ['install', 'rebuild', 'increment', 'nothing-to-do'] as DataemonEvent[]) {
    expect(() => nextState('starting', event)).toThrow(/cannot/);
  }
});
