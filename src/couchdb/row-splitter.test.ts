import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createRowSplitter, type RowLayout } from './row-splitter.js';

/** Feeds a text in pieces of the given sizes, and collects. */
function split(text: string, layout: RowLayout, sizes: readonly number[]): { rows: unknown[]; end: unknown } {
  const splitter = createRowSplitter(layout);
  const bytes = Buffer.from(text);
  const rows: Buffer[] = [];
  let at = 0;
  for (let piece = 0; at < bytes.length; piece += 1) {
    const size = sizes.length === 0 ? bytes.length : (sizes[piece % sizes.length] ?? 1);
    rows.push(...splitter.push(bytes.subarray(at, at + size)));
    at += size;
  }
  const end = splitter.end();
  return {
    rows: rows.map((row) => JSON.parse(row.toString()) as unknown),
    end: end === undefined ? undefined : (JSON.parse(end) as unknown),
  };
}

const asCouchDb = (rows: readonly unknown[], end: object) =>
  `{"results":[\n${rows.map((row) => JSON.stringify(row)).join(',\n')}\n],\n${JSON.stringify(end).slice(1)}\n`;
const asContinuous = (rows: readonly unknown[], end: object) =>
  [...rows, end].map((row) => `${JSON.stringify(row)}\n`).join('\n');

const asAllDocs = (rows: readonly unknown[]) =>
  `{"total_rows":${rows.length},"offset":null,"rows":[\r\n${rows.map((row) => JSON.stringify(row)).join(',\r\n')}\r\n]}\n`;

const row = fc.record({
  seq: fc.string(),
  id: fc.string({ unit: 'grapheme', minLength: 1 }),
  doc: fc.record({ text: fc.constantFrom('],\n', '{"results":[', '}}', '"', '\\', '},'), more: fc.jsonValue() }),
});
const end = { last_seq: '5-abc', pending: 0 };
const sizes = fc.array(fc.integer({ min: 1, max: 40 }), { maxLength: 5 });

describe('a response is split into its rows and its end, in whatever pieces it comes', () => {
  test.each([
    ['as CouchDB writes it', asCouchDb, 'results'],
    ['continuous', asContinuous, 'lines'],
    ['on one line', (rows: readonly unknown[]) => JSON.stringify({ results: rows, ...end }), 'results'],
    ['pretty-printed', (rows: readonly unknown[]) => JSON.stringify({ results: rows, ...end }, null, 2), 'results'],
    ['with its end first', (rows: readonly unknown[]) => JSON.stringify({ ...end, results: rows }), 'results'],
  ] as const)('%s', (_, write, layout) => {
    fc.assert(
      fc.property(fc.array(row), sizes, (rows, pieces) => {
        const parsed = JSON.parse(JSON.stringify(rows)) as unknown[];
        const found = split(write(rows, end), layout, pieces);
        expect(found.rows).toEqual(parsed);
        expect(found.end).toMatchObject(end);
      }),
      { numRuns: 200 },
    );
  });
});

describe('an answer of _all_docs is split in the same way', () => {
  test.each([
    ['as CouchDB writes it', asAllDocs],
    ['without counts', (rows: readonly unknown[]) => asAllDocs(rows).replace(/^\{.*?"rows"/, '{"rows"')],
    [
      'with a sequence',
      (rows: readonly unknown[]) => asAllDocs(rows).replace('"rows"', '"update_seq":"9-g1AAA","rows"'),
    ],
    ['on one line', (rows: readonly unknown[]) => JSON.stringify({ total_rows: 1, rows })],
    ['pretty-printed', (rows: readonly unknown[]) => JSON.stringify({ total_rows: 1, offset: 0, rows }, null, 2)],
  ] as const)('%s', (_, write) => {
    fc.assert(
      fc.property(fc.array(row), sizes, (rows, pieces) => {
        const found = split(write(rows), 'rows', pieces);
        expect(found.rows).toEqual(JSON.parse(JSON.stringify(rows)));
        expect(found.end).not.toHaveProperty('error');
      }),
      { numRuns: 200 },
    );
  });
});

test('a response that is cut off has whole rows only, and no end', () => {
  const whole = asCouchDb(
    [
      { seq: '1', id: 'a', doc: {} },
      { seq: '2', id: 'b', doc: {} },
    ],
    end,
  );
  for (let length = 0; length < whole.length - 3; length += 1) {
    const splitter = createRowSplitter('results');
    const rows = splitter.push(Buffer.from(whole.slice(0, length)));
    for (const found of rows) expect(() => JSON.parse(found.toString()) as unknown).not.toThrow();
    const tail = splitter.end();
    if (tail !== undefined) expect(() => JSON.parse(tail) as unknown).toThrow();
  }
});
