import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { DatabaseMark } from '../postgres/index.js';
import { assess, markAfter, sequenceNumber } from './regression.js';

const known: DatabaseMark = {
  instanceStartTime: '1700000000',
  updateSequence: '500-g1AAA',
  purgeSequence: '3-g1AAA',
  documents: 400,
  tombstones: 50,
};
const nothingKnown: DatabaseMark = {
  ...{ instanceStartTime: null, updateSequence: null, purgeSequence: null, documents: null, tombstones: null },
};

describe('assess', () => {
  test.each<[string, Partial<DatabaseMark>, number, object]>([
    ['nothing has happened', {}, 0, { kind: 'same' }],
    ['documents were written', { updateSequence: '600-x', documents: 450 }, 0, { kind: 'same' }],
    ['documents were deleted', { updateSequence: '600-x', documents: 350, tombstones: 100 }, 0, { kind: 'same' }],
    ['it was made anew', { instanceStartTime: '1700000001', updateSequence: '900-x' }, 0, { kind: 'recreated' }],
    ['it no longer says when it was made', { instanceStartTime: null }, 0, { kind: 'recreated' }],
    ['its documents have become fewer', { documents: 399 }, 0, { kind: 'restored' }],
    ['it does not know what was written last', { updateSequence: '900-x', documents: 900 }, 2, { kind: 'restored' }],
    ['its purges count back', { purgeSequence: '2-x' }, 0, { kind: 'restored' }],
    ['its sequences count back', { updateSequence: '20-x' }, 0, { kind: 'renumbered' }],
    ['documents were purged', { purgeSequence: '5-x', documents: 398 }, 0, { kind: 'purged', count: 2 }],
    ['its sequence has no number', { updateSequence: 'g1AAA' }, 0, { kind: 'same' }],
    ['the sequence of purges is another text only', { purgeSequence: '3-other' }, 0, { kind: 'same' }],
  ])('%s', (_, change, unknown, finding) => {
    expect(assess(known, { ...known, ...change }, unknown)).toEqual(finding);
  });

  test('copies that count each for themselves, in whatever order they answer, are never a regression for that', () => {
    const three = 3;
    const answers = fc.record({
      instanceStartTime: fc.constant(known.instanceStartTime),
      updateSequence: fc.constantFrom('500-a', '480-b', '512-c'),
      purgeSequence: fc.constantFrom('3-a', '1-b', '2-c'),
      documents: fc.constantFrom(400, 399),
      tombstones: fc.constantFrom(50, 49),
    });
    fc.assert(
      fc.property(fc.array(answers), (looks) => {
        let mark = known;
        for (const now of looks) {
          expect(assess(mark, now, 0, three)).toEqual({ kind: 'same' });
          mark = markAfter(mark, now, three);
        }
      }),
    );
    const other = { ...known, updateSequence: '20-x' };
    expect(assess(known, { ...other, instanceStartTime: '1700000001' }, 0, three)).toEqual({ kind: 'recreated' });
    expect(assess(known, other, 1, three)).toEqual({ kind: 'restored' });
    expect(assess(known, { ...other, purgeSequence: '4-x' }, 0, three)).toEqual({ kind: 'purged', count: 1 });
  });

  test('of a table of cht-sync v2, which has no marks, only purges are suspected', () => {
    expect(assess(nothingKnown, { ...known, purgeSequence: '0-x' }, 0)).toEqual({ kind: 'same' });
    expect(assess(nothingKnown, known, 0)).toEqual({ kind: 'purged', count: null });
  });

  test('a CouchDB before 3.3, which does not say when a database was made, is judged by its counts', () => {
    const old = { ...known, instanceStartTime: null };
    expect(assess(old, old, 0)).toEqual({ kind: 'same' });
    expect(assess(old, { ...old, tombstones: 40 }, 0)).toEqual({ kind: 'restored' });
  });

  test('a database that only grows is always the same', () => {
    const growth = fc.record({ edits: fc.nat(), documents: fc.nat(), tombstones: fc.nat() });
    fc.assert(
      fc.property(growth, ({ edits, documents, tombstones }) => {
        const now = {
          ...known,
          updateSequence: `${500 + edits + documents + tombstones}-x`,
          documents: 400 + documents,
          tombstones: 50 + tombstones,
        };
        expect(assess(known, now, 0)).toEqual({ kind: 'same' });
      }),
    );
  });
});

test('the number of a sequence is read only where there is one', () => {
  expect(['12-abc', '7', 'abc', '', null].map(sequenceNumber)).toEqual([12, 7, null, null, null]);
});
