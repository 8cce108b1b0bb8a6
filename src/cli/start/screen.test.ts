import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { SourceStatus } from '../../couch2pg/index.js';
import type { DataemonStatus, ModelStatus } from '../../dataemon/index.js';
import { renderScreen } from './screen.js';
import type { View } from './view.js';

const source = (name: string, more: Partial<SourceStatus> = {}): SourceStatus => ({
  source: `127.0.0.1/${name}`,
  state: 'live',
  sequence: '1234-g1AAAAabcdefghijk',
  pending: 0,
  progress: null,
  written: 12_345,
  bytes: 1_000_000,
  unchanged: 0,
  regressions: { recreated: 0, restored: 0, renumbered: 0, purged: 0, rewound: 0 },
  rejected: 0,
  replacedCharacters: 0,
  ratePerSecond: 0,
  lagMs: 0,
  caughtUpAt: null,
  errors: {},
  lastChangeAt: null,
  savedTimestamp: null,
  error: null,
  ...more,
});

const model = (name: string, more: Partial<ModelStatus> = {}): ModelStatus => ({
  ...{
    name,
    status: 'ok',
    rows: 1000,
    lastRunAt: new Date(2026, 0, 2, 10, 11, 12).toISOString(),
    durationMs: 120,
    error: null,
  },
  ...more,
});

const dataemon = (more: Partial<DataemonStatus> = {}): DataemonStatus => ({
  ...{
    state: 'idle',
    package: 'bundled',
    selector: null,
    isStandby: false,
    upToDateWith: null,
    lastRun: null,
    tests: null,
    error: null,
  },
  models: [model('contact'), model('person', { rows: 21_000_000 })],
  ...more,
});

const view = (more: Partial<View> = {}): View => ({
  version: '3.0.0',
  steps: [],
  sources: [source('medic'), source('_users', { sequence: null, written: 3 })],
  dataemon: dataemon(),
  warnings: [],
  superset: undefined,
  guide: {
    psql: ['PGPASSFILE=/home/me/cht-sync/.cht-sync/postgres/pgpass', 'psql', '-h 127.0.0.1', '-p 54320', 'cht_sync'],
    edit: ['curl -K /home/me/curl.conf', 'http://127.0.0.1:59840/medic/x |', 'sed s/a/b/'],
    query: ['SELECT phone FROM v1.person', "WHERE uuid = 'x';"],
    metricsUrl: 'http://127.0.0.1:9399',
    logFile: '/home/me/cht-sync/.cht-sync/cht-sync.log',
  },
  phase: 'running',
  ...more,
});

test('the dashboards are shown with who signs in', () => {
  const superset = { url: 'http://127.0.0.1:8088', user: 'admin', password: 'of-this-demo' };
  const lines = renderScreen(view({ superset }), { width: 80, height: 40 });
  expect(lines).toContain('    http://127.0.0.1:8088  user admin, password of-this-demo');
});

test('the steady screen shows sources, models and how to look at them', () => {
  expect(renderScreen(view(), { width: 80, height: 40 }).join('\n')).toMatchInlineSnapshot(`
    "CHT Sync 3.0.0: up to date, following (Ctrl-C stops it)

      Source            State  Sequence          Pending   Lag  Written
      127.0.0.1/medic   live   1234-g1AAAAabcd…        0  0 ms   12,345
      127.0.0.1/_users  live   -                       0  0 ms        3

    Models of the package bundled: idle
      Model    State        Rows  Last run    Took
      contact  ok          1,000  10:11:12  120 ms
      person   ok     21,000,000  10:11:12  120 ms

    Look at the tables
        PGPASSFILE=/home/me/cht-sync/.cht-sync/postgres/pgpass psql -h 127.0.0.1 \\
        -p 54320 cht_sync

    Edit a document
        curl -K /home/me/curl.conf http://127.0.0.1:59840/medic/x | sed s/a/b/
    and see it arrive
        SELECT phone FROM v1.person WHERE uuid = 'x';

    Metrics  http://127.0.0.1:9399/metrics
    Log      /home/me/cht-sync/.cht-sync/cht-sync.log"
  `);
});

test('while it sets up and loads, bars show how far it is', () => {
  const step = { title: 'Filling the source', isDone: false, progress: { done: 5000, total: 20_000 } };
  const loading = source('medic', {
    state: 'catching-up',
    written: 500,
    pending: 1500,
    ratePerSecond: 9000,
    lagMs: null,
  });
  const building = dataemon({ state: 'building', models: [model('contact'), model('person', { status: 'running' })] });
  const text = renderScreen(view({ steps: [step], sources: [loading], dataemon: building }), {
    width: 100,
    height: 40,
  }).join('\n');
  expect(text).toContain('Filling the source  ███████░░░░░░░░░░░░░░░░░░░░░░░  25 %  5,000');
  expect(text).toContain('127.0.0.1/medic  ███████░░░░░░░░░░░░░░░░░░░░░░░  25 %  9,000/s');
  expect(text).toContain('building  ███████████████░░░░░░░░░░░░░░░  50 %');
});

test('what has failed is named with its code and remedy', () => {
  const error = {
    code: 'COUCHDB_UNAUTHORIZED' as const,
    message: 'CouchDB refused\n  the password',
    remedy: 'Check it.',
  };
  const text = renderScreen(
    view({ sources: [source('medic', { state: 'failed', error })], warnings: ['Port 1 is in use'] }),
    {
      width: 100,
      height: 50,
    },
  );
  expect(text).toContain('  127.0.0.1/medic: CouchDB refused the password [COUCHDB_UNAUTHORIZED]');
  expect(text).toContain('    What to do: Check it.');
  expect(text).toContain('  Port 1 is in use');
});

test('command lines are broken only where a shell reads on', () => {
  const lines = renderScreen(view(), { width: 60, height: 50 });
  const start = lines.findIndex((line) => line.includes('PGPASSFILE'));
  expect(lines.slice(start, start + 2)).toEqual([
    '    PGPASSFILE=/home/me/cht-sync/.cht-sync/postgres/pgpass \\',
    '    psql -h 127.0.0.1 -p 54320 cht_sync',
  ]);
});

test('where there is little room, lists are cut before the command lines go', () => {
  const models = Array.from({ length: 20 }, (_, index) => model(`model_${index}`));
  const lines = renderScreen(view({ dataemon: dataemon({ models }) }), { width: 80, height: 30 });
  expect(lines).toHaveLength(29);
  expect(lines.join('\n')).toMatch(/ {2}model_0 .*\n(.*\n)* {2}\.\.\. and 1\d more\n/);
  expect(lines.join('\n')).toContain('curl -K');
});

test('it is never higher than the terminal, and never wider but for command lines', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 20, max: 150 }),
      fc.integer({ min: 2, max: 60 }),
      fc.integer({ min: 0, max: 30 }),
      fc.integer({ min: 0, max: 30 }),
      (width, height, sources, models) => {
        const many = view({
          sources: Array.from({ length: sources }, (_, index) => source(`database-${index}`)),
          dataemon: dataemon({ models: Array.from({ length: models }, (_, index) => model(`model_${index}`)) }),
          warnings: ['a warning that is rather long and goes on and on and on and on and on and on and on and on'],
        });
        const lines = renderScreen(many, { width, height });
        expect(lines.length).toBeLessThan(height);
        expect(lines[0]).toMatch(/^CHT/);
        for (const line of lines.filter((one) => !one.startsWith('    ')))
          expect(line.length).toBeLessThanOrEqual(width);
      },
    ),
  );
});
