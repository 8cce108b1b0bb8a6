import { describe, expect, test } from 'vitest';
import type { Verification } from '../../couch2pg/index.js';
import { SyncError } from '../../lib/index.js';
import { verifyJson, verifyText } from './report.js';

const same: Verification = {
  ...{ source: 'couch/medic', startedAt: new Date(0), endedAt: new Date(2345), compared: 12_345, differences: [] },
  ...{ missing: 0, stale: 0, extra: 0, parked: 0, purged: 0, repaired: 0, remaining: 0 },
};
const different: Verification = {
  ...same,
  ...{ missing: 30, stale: 1, parked: 1, remaining: 32 },
  differences: [
    { kind: 'missing', id: 'a\u001b[31m b', couchdb: { rev: '1-a', deleted: false }, postgres: null },
    { kind: 'stale', id: 'b', couchdb: { rev: '3-c', deleted: true }, postgres: { rev: '2-b', deleted: false } },
    ...Array.from({ length: 30 }, (_, n) => ({
      ...{ kind: 'missing' as const, id: `d${n}`, couchdb: { rev: '1-a', deleted: false }, postgres: null },
    })),
  ],
};
const failed = {
  source: 'couch/gone',
  error: new SyncError('COUCHDB_DATABASE_MISSING', 'http://couch/gone answered 404', { remedy: 'Check COUCHDB_DBS.' }),
};

describe('the result for people', () => {
  test('is short where both sides are the same', () => {
    expect(verifyText([same], { repair: false })).toBe('couch/medic: the same (12,345 documents compared in 2.3 s)\n');
  });

  test('names the first differences with both revisions, and what to do', () => {
    expect(verifyText([different, failed], { repair: false })).toMatchInlineSnapshot(`
      "couch/medic: 32 differences (12,345 documents compared in 2.3 s)
        missing 30   stale 1   extra 0   parked 1   purged 0
        Kind     Document         CouchDB        PostgreSQL
        missing  "a\\u001b[31m b"  1-a            -
        stale    b                3-c (deleted)  2-b
        missing  d0               1-a            -
        missing  d1               1-a            -
        missing  d2               1-a            -
        missing  d3               1-a            -
        missing  d4               1-a            -
        missing  d5               1-a            -
        missing  d6               1-a            -
        missing  d7               1-a            -
        missing  d8               1-a            -
        missing  d9               1-a            -
        missing  d10              1-a            -
        missing  d11              1-a            -
        missing  d12              1-a            -
        missing  d13              1-a            -
        missing  d14              1-a            -
        missing  d15              1-a            -
        missing  d16              1-a            -
        missing  d17              1-a            -
        ... and 12 more
        To mend it: cht-sync verify --source couch/medic --repair
        What PostgreSQL refuses is parked: cht-sync rejected list --source couch/medic

      couch/gone: could not be verified: http://couch/gone answered 404 [COUCHDB_DATABASE_MISSING]
        What to do: Check COUCHDB_DBS.
      "
    `);
  });

  test('says what was mended and what was not', () => {
    const mended = { ...different, repaired: 31, remaining: 1 };
    expect(verifyText([mended], { repair: true })).toContain('couch/medic: 31 mended, 1 still differ');
    expect(verifyText([{ ...different, parked: 0, repaired: 31, remaining: 0 }], { repair: true })).toContain(
      ': 31 mended (',
    );
  });
});

test('the result for machines has every number, and says in one word whether both sides are the same', () => {
  expect(verifyJson([same])).toEqual({ same: true, sources: [same] });
  expect(verifyJson([same, failed])).toEqual({
    same: false,
    sources: [
      same,
      {
        source: 'couch/gone',
        error: {
          code: 'COUCHDB_DATABASE_MISSING',
          message: 'http://couch/gone answered 404',
          remedy: 'Check COUCHDB_DBS.',
        },
      },
    ],
  });
});
