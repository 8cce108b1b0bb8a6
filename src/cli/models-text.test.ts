import { expect, test } from 'vitest';
import type { ModelReport, TestReport } from '../dataemon/index.js';
import { inOrder, modelsText } from './models-text.js';

const now = new Date('2026-01-02T03:04:05Z');
const before = (seconds: number) => new Date(now.getTime() - seconds * 1000);

function model(name: string, more: Partial<ModelReport> = {}): ModelReport {
  return {
    ...{ id: `model.p.${name}`, name, selector: null, schema: 'v1', relation: name, materialized: 'incremental' },
    ...{ status: 'ok', rows: 1234, lastSuccessAt: before(10), lag: { ms: 0, documents: 0, hasMore: false } },
    ...{ lastError: null, retryAt: null, ...more },
  };
}

const error = {
  ...{ at: before(60), since: before(3600), tries: 7, compiledSql: 'target/run/p/models/picky.sql' },
  message:
    'Database Error in model picky (models/picky.sql)\n  division by zero\n  compiled code at target/run/p/models/picky.sql',
};

test('failing models come first, with their words below the table', () => {
  const models = inOrder([
    model('person'),
    model('seen', { rows: null, lag: null }),
    model('below', { status: 'skipped', lag: { ms: 7_300_000, documents: 10_000, hasMore: true } }),
    model('picky', {
      ...{ status: 'failed', lastSuccessAt: before(90), lastError: error, retryAt: new Date(now.getTime() + 30_000) },
      lag: { ms: 90_000, documents: 1, hasMore: false },
    }),
    model('new', { status: 'pending', rows: null, lastSuccessAt: null, lag: null }),
  ]);
  expect(modelsText({ models, tests: [], problems: [] }, now)).toMatchInlineSnapshot(`
    "MODEL   STATUS   ROWS   LAST SUCCESS (UTC)   BEHIND
    picky   failed   1,234  2026-01-02 03:02:35  1 document, for 90 s
    below   skipped  1,234  2026-01-02 03:03:55  more than 10,000 documents, for 2 h
    new     pending  -      never                -
    person  ok       1,234  2026-01-02 03:03:55  nothing
    seen    ok       -      2026-01-02 03:03:55  -

    5 models, 1 failing.

    picky has failed 7 times since 2026-01-02 02:04:05, is tried again at 2026-01-02 03:04:35:
      Database Error in model picky (models/picky.sql)
      division by zero
      Compiled SQL: target/run/p/models/picky.sql
    "
  `);
});

test('a try that is due is told as such, and selectors are shown where there are any', () => {
  const failed = {
    status: 'failed',
    lastError: { ...error, tries: 1, message: 'division by zero', compiledSql: null },
    retryAt: before(1),
  } as const;
  const text = modelsText({ models: [model('picky', { ...failed, selector: 'forms' })], tests: [], problems: [] }, now);
  expect(text).toContain('picky has failed 1 time since 2026-01-02 02:04:05, is tried again now:');
  expect(text).toMatch(/BEHIND +SELECTOR\n.* nothing +forms\n/);
  expect(text).not.toContain('Compiled SQL');
});

test('a model whose new version cannot be built is told to go on as it was', () => {
  const failed = { status: 'failed', lastError: error } as const;
  const text = (lastSuccessAt: Date) =>
    modelsText({ models: [model('picky', { ...failed, lastSuccessAt })], tests: [], problems: [] }, now);
  expect(text(before(5))).toMatch(/picky.sql\n {2}Until it can be built, the table is kept up to date as it was/);
  expect(text(before(90))).not.toContain('Until it can be built');
});

test('without models it says so', () => {
  expect(modelsText({ models: [], tests: [], problems: [] }, now)).toBe(
    'No dataemon has kept models in this schema yet.\n',
  );
});

test('of tests, those that fail are named, with the file of their SQL', () => {
  const ended = { selector: null, testedAt: before(30), durationMs: 5, lastSuccessAt: null };
  const passed: TestReport = { ...ended, id: 'test.p.a', name: 'a', status: 'ok', failingSince: null, error: null };
  const failed: TestReport = {
    ...{ ...ended, id: 'test.p.unique_uuid', name: 'unique_uuid', status: 'failed', failingSince: before(90) },
    error: 'Got 1 result, configured to fail if != 0\n  compiled code at target/compiled/p/unique_uuid.sql',
  };
  expect(modelsText({ models: [model('person')], tests: [failed, passed], problems: [] }, now)).toContain(`
1 model, 0 failing.

2 tests, 1 failing; last run at 2026-01-02 03:03:35.

Test unique_uuid has failed since 2026-01-02 03:02:35:
  Got 1 result, configured to fail if != 0
  Compiled SQL: target/compiled/p/unique_uuid.sql
`);
});

test('what is wrong with a dataemon as a whole stands above its models, what has passed for a day', () => {
  const packageBroken = {
    ...{ selector: 'forms', kind: 'package', code: 'PACKAGE_BROKEN', beganAt: before(60), endedAt: null },
    ...{ message: 'The dbt package cannot be used: no such branch', remedy: 'Check CHT_PIPELINE_BRANCH_URL.' },
  };
  const away = {
    ...{ selector: null, kind: 'postgres', code: 'POSTGRES_UNREACHABLE', beganAt: before(7200), remedy: null },
    message: 'PostgreSQL does not answer.',
  };
  const problems = [packageBroken, { ...away, endedAt: before(3600) }, { ...away, endedAt: before(2 * 86_400) }];
  expect(modelsText({ models: [], tests: [], problems }, now)).toMatchInlineSnapshot(`
    "The dataemon of forms has reported PACKAGE_BROKEN since 2026-01-02 03:03:05:
      The dbt package cannot be used: no such branch
      Check CHT_PIPELINE_BRANCH_URL.

    The dataemon reported POSTGRES_UNREACHABLE from 2026-01-02 01:04:05 to 2026-01-02 02:04:05:
      PostgreSQL does not answer.

    No dataemon has kept models in this schema yet.
    "
  `);
});
