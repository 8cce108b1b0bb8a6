import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { createTestDatabase } from '../support/database.js';
import { startDbt } from '../support/dbt.js';
import { createDocuments } from './models.js';

const kinds = ['number', 'integer', 'boolean', 'epoch', 'timestamp', 'date', 'key'] as const;
type Kind = (typeof kinds)[number];

/** What each kind makes of values that make sense, as PostgreSQL writes it in UTC; all others are malformed. */
const sensible: Record<Kind, readonly (readonly [value: unknown, text: string])[]> = {
  number: [
    [5, '5'],
    [-0.25, '-0.25'],
    [1e98, `1${'0'.repeat(98)}`],
    ['9e99', `9${'0'.repeat(99)}`],
    [' 4 ', '4'],
    ['\t+4.\n', '4'],
    ['.5', '0.5'],
    ['1e3', '1000'],
    ['9'.repeat(99), '9'.repeat(99)],
    ['007', '7'],
  ],
  integer: [
    [5, '5'],
    ['5.00', '5'],
    ['-007', '-7'],
    ['999999999999999999', '999999999999999999'],
  ],
  boolean: [
    [true, 'true'],
    ['False', 'false'],
    [' YES', 'true'],
    ['no', 'false'],
    [1, 'true'],
    ['0', 'false'],
  ],
  epoch: [
    [1_700_000_000_123, '2023-11-14 22:13:20.123+00'],
    ['1700000000123', '2023-11-14 22:13:20.123+00'],
    [1_700_000_000_123.25, '2023-11-14 22:13:20.12325+00'],
    [0, '1970-01-01 00:00:00+00'],
    [-1, '1969-12-31 23:59:59.999+00'],
    [9_999_999_999_999, '2286-11-20 17:46:39.999+00'],
  ],
  timestamp: [
    ['2026-02-03', '2026-02-03 00:00:00+00'],
    ['2026-02-03T04:05', '2026-02-03 04:05:00+00'],
    ['2026-02-03 04:05:06.789', '2026-02-03 04:05:06.789+00'],
    ['2026-02-03T04:05:06.789Z', '2026-02-03 04:05:06.789+00'],
    ['2026-02-03T04:05:06.789+03:00', '2026-02-03 01:05:06.789+00'],
    [' 2026-02-03T04:05:06 -0330 ', '2026-02-03 07:35:06+00'],
    ['2026-02-03T23:05+14', '2026-02-03 09:05:00+00'],
    ['2024-02-29', '2024-02-29 00:00:00+00'],
    ['9999-12-31T23:59:59.999999999-14:00', '10000-01-01 14:00:00+00'],
  ],
  date: [
    ['2026-02-03', '2026-02-03'],
    ['2026-12-31T23:00:00.000-03:00', '2026-12-31'],
    ['2026-12-31 23:00', '2026-12-31'],
    ['2000-02-29', '2000-02-29'],
    ['1000-01-01', '1000-01-01'],
    ['\n2026-11-30\n', '2026-11-30'],
  ],
  key: [
    ['x', 'x'],
    [7, '7'],
    [[1], '[1]'],
    ['é'.repeat(1000), 'é'.repeat(1000)],
  ],
};

/** What makes no sense. */
const malformed: Record<Kind, readonly unknown[]> = {
  number: [
    ...[
      'heavy',
      '1e400',
      Infinity,
      1.5e300,
      '1e-400',
      'NaN',
      'Infinity',
      '-inf',
      '1,5',
      '1_000',
      '0x1F',
      '1e',
      '.',
      '-',
      '--1',
    ],
    ...['5 kg', '1 2', '٣', true, [], {}, '9'.repeat(100), '9'.repeat(3000), '9'.repeat(2_000_000)],
  ],
  integer: [5.5, '1e3', '1000000000000000000', '99999999999999999999', 'NaN', true, [1], {}, '1'.repeat(3000)],
  boolean: ['maybe', 2, [], {}, 'truee', 'x'.repeat(3000)],
  epoch: [
    17e14,
    1.5e300,
    'yesterday',
    '2026-02-03',
    true,
    [],
    {},
    '1e12',
    'NaN',
    '1'.repeat(3000),
    `1.${'1'.repeat(200)}`,
  ],
  timestamp: [
    ...['2026-02-30', '2026-02-29', '1900-02-29', '2026-04-31', '2026-13-01', '2026-00-01', '2026-01-00', '2026-01-32'],
    ...[
      '0000-01-01',
      '10000-01-01',
      '0999-01-01',
      '-2026-01-01',
      '2026-1-1',
      '26-01-01',
      '01/02/2026',
      '20260101',
      'soon',
      'now',
    ],
    ...[
      'infinity',
      'epoch',
      'today',
      '2026-01-01T24:00',
      '2026-01-01T23:60',
      '2026-01-01T10',
      '2026-01-01T10:00:60',
      '2026-01-01T',
    ],
    ...[
      '2026-01-01T10:00+15:00',
      '2026-01-01T10:00 Europe/Berlin',
      `2026-01-01T10:00:00.${'1'.repeat(80)}`,
      '2026-01-01 BC',
    ],
    ...[1_700_000_000_123, true, [], {}, 'x'.repeat(3000), `2026-01-01${' '.repeat(3000)}x`],
  ],
  date: [
    ...[
      '2026-02-30',
      '2100-02-29',
      '2026-06-31',
      '0000-01-01',
      '10000-01-01',
      '2026-2-3',
      '3/2/2026',
      'tomorrow',
      'infinity',
    ],
    ...['2026-02-03T', '2026-02-03T99:00', '2026-02-03x', 20_260_203, [], {}, 'x'.repeat(3000)],
  ],
  key: ['x'.repeat(2001), 'é'.repeat(1001), ['x'.repeat(3000)]],
};

/** No value, which is nothing to complain of. */
const blank = ['', ' ', '\t\n', null];

const additionalModels = fileURLToPath(new URL('values', import.meta.url));
/** No objects where objects should be, and what is nothing to complain of. */
const objects = {
  malformed: [[{}], 'x', 0, true],
  right: [{}, { a: 1 }, ...blank],
};

const sessions = [
  ['ISO, MDY', 'UTC'],
  ['SQL, DMY', 'Africa/Nairobi'],
  ['German, YMD', 'America/St_Johns'],
] as const;

test('values of documents become what they should be or NULL, whatever the settings of the session', async () => {
  await using database = await createTestDatabase();
  const documents = await createDocuments(database.pool);
  const cases = kinds.flatMap((kind) => [
    ...sensible[kind].map(([value, text]) => ({ kind, value, text, isMalformed: false })),
    ...malformed[kind].map((value) => ({ kind, value, text: null, isMalformed: true })),
    // A blank may well be a key.
    ...(kind === 'key' ? [] : blank.map((value) => ({ kind, value, text: null, isMalformed: false }))),
  ]);
  await documents.write(Object.fromEntries(cases.map(({ value }, n) => [String(n), { value: writable(value) }])));
  for (const [name, values] of Object.entries(objects)) {
    await documents.write(Object.fromEntries(values.map((value, n) => [`${name} ${n}`, { value }])));
  }

  await using dbt = await startDbt(database, { additionalModels });
  await dbt.run({ schema: 'v1' }, 'run', '--select', 'read_values');

  const client = await database.pool.connect();
  try {
    for (const [style, zone] of sessions) {
      await client.query(`SET DateStyle = '${style}'; SET TimeZone = '${zone}'`);
      await client.query('CREATE TEMPORARY TABLE read AS SELECT * FROM v1.read_values');
      await client.query(`SET DateStyle = 'ISO, YMD'; SET TimeZone = 'UTC'`);
      const { rows } = await client.query<Record<string, string | boolean | null>>(
        `SELECT _id, ${kinds.map((kind) => `${kind}_of::text, malformed_${kind}`).join(', ')} FROM read`,
      );
      const read = new Map(rows.map((row) => [row._id, row]));
      const found = cases.map(({ kind, value }, n) => {
        const row = read.get(String(n))!;
        return { kind, value, text: row[`${kind}_of`], isMalformed: row[`malformed_${kind}`] ?? false };
      });
      expect(found).toEqual(cases);
      // A column is read as it is, and not in a query of its own.
      const columns = kinds.map(
        (k) => `(${k}_of, malformed_${k}) IS DISTINCT FROM (${k}_of_column, malformed_${k}_column)`,
      );
      const { rows: different } = await client.query(`SELECT _id FROM read WHERE ${columns.join(' OR ')}`);
      expect(different).toEqual([]);
      await client.query('DROP TABLE read');
    }

    const { rows } = await client.query<{ _id: string }>(
      `SELECT _id FROM v1.read_values WHERE malformed_object AND _id ~ '[a-z]' ORDER BY _id`,
    );
    expect(rows.map(({ _id }) => _id)).toEqual(objects.malformed.map((_, n) => `malformed ${n}`));
  } finally {
    client.release();
  }
});

/** As the document holds it: JSON has no number beyond 1.8e308, but the text of a document may. */
function writable(value: unknown): unknown {
  return value === Infinity ? `1${'0'.repeat(400)}` : value;
}
