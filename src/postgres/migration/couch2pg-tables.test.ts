import { expect, test } from 'vitest';
import { planCopy } from './couch2pg-tables.js';

const tables = ['couchdb', 'couchdb_users_meta'].map((table) => ({ table, bytes: 8192, rows: 1 }));
const checkpoints = [
  { source: 'old.example.org:5984/medic', sequence: '17-a' },
  { source: 'old.example.org:5984/medic-sentinel', sequence: '18-b' },
  { source: 'old.example.org:5984/medic-users-meta', sequence: '19-c' },
];

test('documents of couch2pg become those of the configured source with the same database', () => {
  const configured = ['cht.example.org/medic', 'cht.example.org/medic-sentinel', 'cht.example.org/medic-users-meta'];
  expect(planCopy({ tables, checkpoints }, configured, new Set())).toEqual({
    parts: [
      {
        ...{ table: 'couchdb', source: 'cht.example.org/medic', sequence: '17-a' },
        infos: { source: 'cht.example.org/medic-sentinel', sequence: '18-b' },
      },
      { table: 'couchdb_users_meta', source: 'cht.example.org/medic-users-meta', sequence: '19-c' },
    ],
    left: [],
  });
});

test('without a configured CouchDB they are called by the host of then, without its port', () => {
  const { parts } = planCopy({ tables, checkpoints: checkpoints.slice(0, 1) }, [], new Set());
  expect(parts).toEqual([{ table: 'couchdb', source: 'old.example.org/medic', sequence: '17-a' }]);
});

test('what cannot be told or was read already is left out, with the reason', () => {
  const left = (configured: readonly string[], followed: readonly string[] = [], more: typeof checkpoints = []) =>
    planCopy({ tables, checkpoints: [...checkpoints.slice(0, 1), ...more] }, configured, new Set(followed)).left;
  expect(left(['h/other'])).toEqual([{ source: 'old.example.org:5984/medic', why: 'COUCHDB_DBS has no medic' }]);
  expect(left(['a/medic', 'b/medic'])).toMatchObject([{ why: 'several configured servers have a database medic' }]);
  expect(left(['h/medic'], ['h/medic'])).toMatchObject([{ why: 'CHT Sync has read h/medic already' }]);
  expect(left([], [], [{ source: 'default-source', sequence: '1' }])).toMatchObject([
    { source: 'default-source', why: 'it does not say which database it is of' },
  ]);
  expect(left([], [], [{ source: 'h/second', sequence: '1' }])).toMatchObject([
    { source: 'h/second', why: 'its documents stand in couchdb among those of another' },
  ]);
});
