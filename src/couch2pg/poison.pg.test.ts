import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../test/support/database.js';
import { createLog } from '../lib/index.js';
import { migrate } from '../postgres/index.js';
import { DocumentWriter } from './document-writer.js';
import { stagedRow } from './staged-row.js';

/**
 * What CouchDB could send and PostgreSQL may not hold, and what comes of each. ARCHITECTURE.md, "What PostgreSQL cannot
 * hold", is the same table in words.
 */

/** Stored with so many characters replaced, or parked with an SQLSTATE. */
type Outcome = number | string;

const raw = String.raw;
const nested = (depth: number) => `${'['.repeat(depth)}${']'.repeat(depth)}`;
const nestedObjects = (depth: number) => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`;

/** Values of a member, and what comes of a document with it. */
const values: readonly (readonly [name: string, json: string | Buffer, outcome: Outcome])[] = [
  ['a large integer', '123456789012345678901234567890', 0],
  ['a number of 131,072 digits', '9'.repeat(131_072), 0],
  ['a number of 131,073 digits', '9'.repeat(131_073), '22003'],
  ['the largest exponent', '1e131071', 0],
  ['an exponent beyond it', '1e131072', '22003'],
  ['an exponent far beyond it', '1e400000', '22003'],
  ['an exponent that is no integer of 64 bits', '1e99999999999999999999', '22003'],
  ['16,383 decimals', `1.${'1'.repeat(16_383)}`, 0],
  ['16,384 decimals', `1.${'1'.repeat(16_384)}`, '22003'],
  ['the smallest exponent', '1e-16383', 0],
  ['an exponent below it', '1e-16384', '22003'],
  ['an exponent far below it', '1e-400000', '22003'],
  ['zero with a huge exponent', '0e400000', 0],
  ['zero with an exponent beyond 32 bits', '0e99999999999', '22003'],
  ['minus zero, which jsonb makes 0', '-0', 0],
  ['not a number', 'NaN', '22P02'],
  ['infinity', '-Infinity', '22P02'],
  ['a number with a leading zero', '01', '22P02'],

  ['arrays nested 6,000 deep', nested(6_000), 0],
  ['objects nested 6,000 deep', nestedObjects(6_000), 0],
  ['arrays nested 100,000 deep', nested(100_000), '54001'],
  ['objects nested 100,000 deep', nestedObjects(100_000), '54001'],
  ['100,000 elements', `[${'0,'.repeat(99_999)}0]`, 0],
  ['a key of 1 MB', `{"${'k'.repeat(1_000_000)}":1}`, 0],
  ['an empty key', '{"":1}', 0],
  ['a key twice, of which the last counts', '{"a":1,"a":2}', 0],

  ['an escaped U+0000', raw`"a\u0000b"`, 1],
  ['an escaped U+0000 in a key', raw`{"a\u0000b":1}`, 1],
  ['nothing but U+0000 in a key', raw`{"\u0000":1}`, 1],
  ['an escaped backslash before u0000', raw`"C:\\u0000"`, 0],
  ['U+0000 behind an escaped backslash', raw`"C:\\\u0000"`, 1],
  ['keys that differ by U+0000 only', raw`{"ab":1,"a\u0000b":2}`, '22P05'],
  ['an escaped pair of surrogates', raw`"\ud83d\ude00\uD83D\uDE00"`, 0],
  ['an escaped high surrogate', raw`"\ud83d"`, 1],
  ['an escaped low surrogate', raw`"\uDE00"`, 1],
  ['a pair in the wrong order', raw`"\ude00\ud83d"`, 2],
  ['a high surrogate before a pair', raw`"\ud83d\ud83d\ude00"`, 1],
  ['a surrogate in a key', raw`{"\ud83d":1}`, 1],
  ['keys that differ by a surrogate only', raw`{"\ud83d":1,"\ude00":2}`, '22P02'],
  ['escaped noncharacters', raw`"\ufffe\uffff\ufeff"`, 0],
  ['escaped control characters', raw`"\u0001\u001F\u007f"`, 0],
  ['an escape of wrong digits', raw`"\u00zz"`, '22P02'],
  ['an escape that JSON has not', raw`"\x41"`, '22P02'],

  ['noncharacters as bytes', '"\ufffe\uffff\ufdd0"', 0],
  ['a byte order mark in a string', '"\ufeff"', 0],
  ['U+007F as a byte', '"\x7f"', 0],
  ['a byte that is no UTF-8', bytes(0xff), 1],
  ['a character that is cut off', bytes(0xe2, 0x82), 1],
  ['an overlong U+0000', bytes(0xc0, 0x80), 2],
  ['a surrogate as bytes', bytes(0xed, 0xa0, 0x80), 3],
  ['bytes beyond U+10FFFF', bytes(0xf4, 0x90, 0x80, 0x80), 4],
  ['bytes that are no UTF-8 beside a U+FFFD', bytes(0xef, 0xbf, 0xbd, 0xff), 1],
  ['U+0000 as a byte', '"\0"', '22021'],
  ['a control character as a byte', '"\x01"', '22P02'],
  ['a line end as a byte', '"\n"', '22P02'],
  ['a string that does not end', '"', '22P02'],
];

/** Ids and revisions. */
const names: readonly (readonly [name: string, id: string, rev: string, outcome: Outcome])[] = [
  ['an id of one space', ' ', '1-a', 0],
  ['an id beyond ASCII', 'é😀\u{10ffff}', '1-a', 0],
  ['an id of 2,600 random characters', randomText(2_600), '1-a', 0],
  ['an id of 4,000 random characters', randomText(4_000), '1-a', '54000'],
  ['an id of 10,000 random characters', randomText(10_000), '1-a', '54000'],
  ['an id of 10,000 characters that compress well', 'x'.repeat(10_000), '1-a', 0],
  ['an id with U+0000', 'a\0b', '1-a', '22021'],
  ['an id with a surrogate', 'a\ud800b', '1-a', '22P02'],
  ['an id with another surrogate', 'a\udc00b', '1-a', '22P02'],
  ['an id with U+FFFD', 'a\ufffdb', '1-a', 0],
  ['a revision that is no hash', 'r1', '1-Ünd so weiter', 0],
  ['a revision of 100,000 characters', 'r2', `1-${'a'.repeat(100_000)}`, 0],
  ['a revision with U+0000', 'r3', '1-a\0', '22021'],
];

const cases = [
  ...values.map(([name, value, outcome]) => ({ name, id: name, rev: '1-a', value, outcome })),
  ...names.map(([name, id, rev, outcome]) => ({ name, id, rev, value: '1', outcome })),
].map((one) => ({ ...one, title: `${describeOutcome(one.outcome)}: ${one.name}` }));

function describeOutcome(outcome: Outcome): string {
  if (typeof outcome === 'string') return `parked (${outcome})`;
  return outcome === 0 ? 'stored as it is' : `stored with ${outcome} replaced`;
}

const log = createLog({ level: 'silent', format: 'json', secrets: [] });

describe('of a batch with a document that PostgreSQL may not hold, the rest is stored; and the document is', () => {
  let database: TestDatabase;
  let writer: DocumentWriter;
  let sequence = 0;

  beforeAll(async () => {
    database = await createTestDatabase();
    await migrate({ pool: database.pool, family: 'documents', schema: 'v1', table: 'couchdb', log });
    const options = { pool: database.pool, schema: 'v1', table: 'couchdb', source: 'h/medic', log };
    writer = new DocumentWriter({ ...options, sequence: undefined });
  });
  afterAll(() => database[Symbol.asyncDispose]());

  test.each(cases)('$title', async ({ id, rev, value, outcome }) => {
    sequence += 1;
    const text = documentText(id, rev, value);
    const { row, replaced } = stagedRow('medic', { id, rev, deleted: false, text });
    const neighbour = (side: string) => ({
      ...{ id: `${side}-${sequence}`, rev: '1-a', deleted: false },
      doc: Buffer.from('{"n":1}'),
    });
    const parked = typeof outcome === 'string';
    const written = await writer.write({
      ...{ rows: [neighbour('left'), row, neighbour('right')], bytes: 0, changes: 3, pending: 0, recent: [] },
      sequence: `${sequence}`,
    });
    expect({ ...written, replaced }).toMatchObject({
      ...{ rows: parked ? 2 : 3, rejected: parked ? 1 : 0 },
      replaced: parked ? 0 : outcome,
    });
    const { rows: progress } = await database.pool.query('SELECT seq FROM v1.couchdb_progress');
    expect(progress).toEqual([{ seq: `${sequence}` }]);
    if (parked) {
      const { rows } = await database.pool.query(
        'SELECT error_code, doc FROM v1.couchdb_rejected WHERE id_json = $1 OR (id_json IS NULL AND _id = $2)',
        [JSON.stringify(id), id.includes('\0') ? '' : id],
      );
      expect(rows).toEqual([{ error_code: outcome, doc: text.toString('utf8').replaceAll('\0', '\ufffd') }]);
    } else {
      const stored = await database.pool.query(
        `SELECT doc = $2::jsonb AS same FROM v1.couchdb WHERE _id = $1 AND _rev = $3`,
        [id, row.doc.toString('utf8'), rev],
      );
      expect(stored.rows).toEqual([{ same: true }]);
    }
  });
});

function documentText(id: string, rev: string, value: string | Buffer): Buffer {
  const head = `{"_id":${JSON.stringify(id)},"_rev":${JSON.stringify(rev)},"v":`;
  return Buffer.concat([Buffer.from(head), Buffer.from(value), Buffer.from('}')]);
}

function bytes(...values: number[]): Buffer {
  return Buffer.from([0x22, ...values, 0x22]);
}

/** Text that does not compress, always the same. */
function randomText(length: number): string {
  let state = length;
  return Array.from({ length }, () => {
    state = (state * 48_271) % 2_147_483_647;
    return String.fromCharCode(0x21 + (state % 94));
  }).join('');
}
