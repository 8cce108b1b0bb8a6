import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { observedChoices } from './choices.js';
import { isBlank, kindsOf, type Scalar } from './fits.js';
import { ObservedValues } from './observed.js';

/** What a kind makes of values, for the property: the same as the macros of cht_pipeline accept. */
const accepted = {
  boolean: /^\s*(true|false|yes|no|t|f|y|n|1|0)\s*$/i,
  integer: /^\s*[-+]?[0-9]{1,18}(\.0{0,100})?\s*$/,
  number: /^\s*[-+]?([0-9]{1,100}(\.[0-9]{0,100})?|\.[0-9]{1,100})(e[-+]?[0-9]{1,2})?\s*$/i,
  date: /^\s*[1-9][0-9]{3}-[01][0-9]-[0-3][0-9]\s*$/,
  timestamp: /^\s*[1-9][0-9]{3}-[01][0-9]-[0-3][0-9]([T ][0-2][0-9]:[0-5][0-9](:[0-5][0-9](\.[0-9]+)?)?(Z|[-+][01][0-9]:?[0-5][0-9])?)?\s*$/,
} as const; // prettier-ignore

const value: fc.Arbitrary<Scalar> = fc.oneof(
  fc.integer(),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.boolean(),
  fc.constant(null),
  fc.string(),
  fc.constantFrom('yes', 'No', '', ' ', '007', '+254712345678', '12.50', '-3', '2024-02-29', '2023-02-29', '2024-01-31T23:59:59.999Z'),
  fc.date({ min: new Date('1900-01-01'), max: new Date('2100-01-01'), noInvalidDate: true }).map((date) => date.toISOString()),
  fc.date({ min: new Date('1900-01-01'), max: new Date('2100-01-01'), noInvalidDate: true }).map((date) => date.toISOString().slice(0, 10)),
); // prettier-ignore

function observed(values: readonly Scalar[]): ObservedValues {
  const seen = new ObservedValues();
  for (const each of values) seen.add(each);
  return seen;
}

test('the kind of a field holds all values that were seen', () => {
  fc.assert(
    fc.property(fc.array(value, { maxLength: 12 }), (values) => {
      const kind = observed(values).narrowest();
      const filled = values.filter((each) => !isBlank(each));
      expect(kind === undefined).toBe(filled.length === 0);
      if (kind === undefined || !(kind in accepted)) return;
      for (const each of filled) {
        // PostgreSQL writes the numbers of documents without exponents.
        const text = typeof each === 'number' && Number.isSafeInteger(each) ? each.toFixed(0) : String(each);
        if (typeof each !== 'number' || Number.isSafeInteger(each)) expect(text).toMatch(accepted[kind as keyof typeof accepted]); // prettier-ignore
        expect(kindsOf(each).has(kind)).toBe(true);
      }
    }),
  );
});

test.each<[string, Scalar[], string | undefined]>([
  ['whole numbers are integers', [1, '2', -3, ''], 'integer'],
  ['whole and other numbers are numbers', [1, 2.5, '0.75'], 'number'],
  ['yes and no are booleans', ['yes', 'no', null], 'boolean'],
  ['days are dates', ['2024-02-29', '1999-12-31'], 'date'],
  ['days and times are timestamps', ['2024-02-29', '2024-03-01T10:00:00+03:00'], 'timestamp'],
  ['a day that there is not is text', ['2024-02-28', '2023-02-29'], 'text'],
  ['digits that begin with a zero are text', ['0712', '12'], 'text'],
  ['telephone numbers are text', ['+254700000001', '254700000001'], 'text'],
  ['numbers that have too many digits are text', [1e300], 'text'],
  ['nothing is known of blanks', ['', ' ', null], undefined],
])('%s', (_, values, kind) => {
  expect(observed(values).narrowest((each) => each !== 'epoch')).toBe(kind);
});

describe('choices', () => {
  const many = (...values: string[]) => observed(Array.from({ length: 10 }, () => values).flat());

  test('are words that several documents have', () => {
    expect(observedChoices(many('red', 'green', 'dark_blue'), ['colour'])).toEqual({
      values: ['dark_blue', 'green', 'red'],
      multiple: false,
    });
    expect(observedChoices(many('fever cough', 'fever'), ['signs'])).toEqual({
      values: ['cough', 'fever'],
      multiple: true,
    });
  });

  test('that few documents have are not told', () => {
    const seen = many('red', 'green');
    seen.add('halima');
    expect(observedChoices(seen, ['colour'])?.values).toEqual(['green', 'red']);
  });

  test('are no names, phones or sentences', () => {
    expect(observedChoices(many('Amina', 'Joyce'), ['who'])).toBeUndefined();
    expect(observedChoices(many('amina', 'joyce'), ['patient_name'])).toBeUndefined();
    expect(observedChoices(many('254700000001', '254700000002'), ['caller'])).toBeUndefined();
    expect(observedChoices(many('It hurts.', 'fever'), ['complaint'])).toBeUndefined();
  });
});
