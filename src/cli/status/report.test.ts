import { describe, expect, test } from 'vitest';
import type { ModelReport, ProblemReport, TestReport } from '../../dataemon/index.js';
import type { SourceStanding } from '../../postgres/index.js';
import { needsAttention } from './attention.js';
import type { Standing } from './look.js';
import { statusJson, statusLines, statusText } from './report.js';

const source: SourceStanding = {
  ...{ source: 'h/medic', sequence: '1234-g1AAAABXeJzLYWBg', state: 'live', pending: 0, error: null, ageMs: 5_000 },
  ...{ lastChangeAt: new Date('2026-01-02T03:04:05Z'), paused: false, parked: 0, verification: null },
};
const model: ModelReport = {
  ...{ id: 'model.p.person', name: 'person', selector: null, schema: 'v1', relation: 'person', materialized: 'table' },
  ...{ status: 'ok', rows: 5, lastSuccessAt: null, lag: { ms: 0, documents: 0, hasMore: false } },
  ...{ lastError: null, retryAt: null },
};
const dbtTest: TestReport = {
  ...{ id: 'test.p.t', name: 'unique_uuid', selector: null, status: 'ok', testedAt: new Date('2026-01-02T03:00:00Z') },
  ...{ durationMs: 5, lastSuccessAt: null, failingSince: null, error: null },
};
const running = [{ selector: null, isRunning: true }];
const well: Standing = { sources: [source], models: [model], tests: [dbtTest], problems: [], dataemons: running };

const differences = { missing: 1, stale: 0, extra: 0, parked: 2, purged: 0 };
const verification = {
  endedAt: new Date('2026-01-01T00:00:00Z'),
  compared: 10,
  differences,
  repaired: 0,
  remaining: 3,
};

describe('what needs attention', () => {
  const ofSource = (more: Partial<SourceStanding>) => needsAttention({ ...well, sources: [{ ...source, ...more }] });

  test('is nothing while all is well, also while a source is loaded for the first time', () => {
    expect(needsAttention(well)).toEqual([]);
    expect(ofSource({ state: 'snapshot', pending: 1_000_000 })).toEqual([]);
  });

  test.each<[string, Partial<SourceStanding>, RegExp]>([
    ['nobody follows any more', { ageMs: 120_000 }, /^h\/medic has not been followed for 2 min 0 s: start/],
    ['cht-sync v2 has left', { state: null, ageMs: Infinity }, /^h\/medic has not been followed: start/],
    ['was stopped just now', { state: 'stopped' }, /^h\/medic has not been followed for 5.0 s/],
    [
      'somebody has paused',
      { state: 'paused', paused: true },
      /^h\/medic is paused: cht-sync resume --source h\/medic /,
    ],
    ['has parked documents', { parked: 2 }, /^h\/medic: 2 documents are parked, .*: cht-sync rejected list/],
    [
      'differs by more than what is parked',
      { verification },
      /^h\/medic: 1 document differs from CouchDB: cht-sync verify/,
    ],
    [
      'fails',
      { state: 'failed', error: { code: 'COUCHDB_UNAUTHORIZED', message: 'refused\nby name' } },
      /^h\/medic is failed: refused by name \[COUCHDB_UNAUTHORIZED\]$/,
    ],
  ])('is a source that %s', (_, more, line) => {
    expect(ofSource(more)).toEqual([expect.stringMatching(line)]);
  });

  test('is no difference that is parked already, nor one that was mended', () => {
    expect(ofSource({ verification: { ...verification, repaired: 1, remaining: 2 } })).toEqual([]);
  });

  test('is a model that fails or stays behind, a test that fails, and a selector without a dataemon', () => {
    const lastError = { at: new Date(), since: null, tries: 1, message: 'division\nby zero', compiledSql: null };
    expect(
      needsAttention({
        ...well,
        models: [
          { ...model, status: 'failed', lastError },
          { ...model, name: 'place', lag: { ms: 3_600_000, documents: 5, hasMore: false } },
          { ...model, name: 'patient', lag: { ms: 5_000, documents: 5, hasMore: false } },
        ],
        tests: [{ ...dbtTest, status: 'failed' }],
        dataemons: [...running, { selector: 'forms', isRunning: false }],
      }),
    ).toEqual([
      'No dataemon keeps the models of the selector forms: start cht-sync dataemon.',
      'The model person fails: division by zero; see cht-sync models.',
      'The model place lacks documents that have waited for 60 min 0 s.',
      'The test unique_uuid fails: cht-sync models says why.',
    ]);
  });

  test('is what a dataemon as a whole reports, also before it has a model, and not what has passed', () => {
    const problem: ProblemReport = {
      ...{ selector: 'forms', kind: 'package', code: 'PACKAGE_BROKEN', remedy: 'Check CHT_PIPELINE_BRANCH_URL.' },
      ...{ message: 'The dbt package cannot be used:\nno such branch', beganAt: new Date('2026-01-02T03:00:00Z') },
      endedAt: null,
    };
    const broken = { ...well, models: [], problems: [problem, { ...problem, selector: null, endedAt: new Date() }] };
    const line =
      'The dataemon of forms has reported PACKAGE_BROKEN since 2026-01-02 03:00:00: The dbt package cannot be used: no such branch; see cht-sync models.';
    expect(needsAttention(broken)).toEqual([line]);
    expect(needsAttention({ ...broken, sources: [] })).toEqual([expect.stringContaining('Nothing'), line]);
    expect(statusText(broken)).toContain(`Needs attention:\n  ${line}\n`);
    expect(statusJson(broken)).toMatchObject({ attention: [line], problems: [{ code: 'PACKAGE_BROKEN' }, {}] });
  });

  test('is a schema that nothing was ever synced to', () => {
    expect(needsAttention({ sources: [], models: [], tests: [], problems: [], dataemons: [] })).toEqual([
      'Nothing has been synced to this schema yet: start cht-sync couch2pg.',
    ]);
  });
});

test('the status is a table of sources, a line of models, one of tests, and what needs attention', () => {
  const sources = [
    { ...source, verification },
    { ...source, source: 'h/_users', state: 'catching-up', pending: 1_500, sequence: null, lastChangeAt: null },
    { ...source, source: 'h/old', ageMs: 3_600_000, pending: 7 },
  ];
  expect(statusText({ ...well, sources })).toMatchInlineSnapshot(`
    "SOURCE    STATE         SEQUENCE      TO COME    PARKED  LAST CHANGE (UTC)    LAST VERIFY (UTC)
    h/medic   live          1234-g1AAAA…  nothing    0       2026-01-02 03:04:05  2026-01-01 00:00:00, 3 differ
    h/_users  catching-up   -             1,500      0       never                never
    h/old     not followed  1234-g1AAAA…  7 or more  0       2026-01-02 03:04:05  never

    Models: 1 ok; every document is in them.

    dbt tests: 1 ok, 0 failed; last run at 2026-01-02 03:00:00 (UTC).

    Needs attention:
      h/medic: 1 document differs from CouchDB: cht-sync verify --repair --source h/medic
      h/old has not been followed for 60 min 0 s: start cht-sync couch2pg.
    "
  `);
  expect(statusText(well)).toMatch(/\n\nNothing needs attention\.\n$/);
});

test('the lines of a watch stay the same while nothing changes', () => {
  const later = { ...well, sources: [{ ...source, ageMs: 25_000 }] };
  expect(statusLines(later)).toEqual(statusLines(well));
  expect(statusLines({ ...well, sources: [{ ...source, parked: 1 }] })).not.toEqual(statusLines(well));
});

test('the JSON tells idle, behind and unknown apart, and has the age of the last report or null', () => {
  const sources = [
    source,
    { ...source, source: 'h/b', state: 'catching-up', pending: 5 },
    { ...source, source: 'h/c', ageMs: Infinity },
  ];
  expect(statusJson({ ...well, sources })).toMatchObject({
    attention: [expect.stringContaining('h/c')],
    sources: [
      { source: 'h/medic', lag: 'idle', isFollowed: true, ageMs: 5_000 },
      { source: 'h/b', lag: 'behind', pending: 5 },
      { source: 'h/c', lag: 'unknown', isFollowed: false, ageMs: null },
    ],
    models: [{ name: 'person' }],
    dataemons: running,
  });
});
