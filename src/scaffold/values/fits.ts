import type { Kind } from './kind.js';

/** A value of a document that is neither an object nor an array. */
export type Scalar = string | number | boolean | null;

/** Digits that a text may have and still be a number: what is longer is a telephone number or a key. */
const longestNumberInText = 6;
/** In milliseconds: 2000 to 2100. What is written down as a time is seldom beyond. */
const [firstEpoch, lastEpoch] = [946_684_800_000, 4_102_444_800_000];

const integerText = /^-?(0|[1-9][0-9]*)$/;
const numberText = /^-?(0|[1-9][0-9]*)\.[0-9]{1,15}$/;
const booleanText = /^(yes|no|true|false)$/i;
const dateText = /^([1-9][0-9]{3})-([0-9]{2})-([0-9]{2})$/;
const timestampText =
  /^([1-9][0-9]{3}-[0-9]{2}-[0-9]{2})[T ]([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9](\.[0-9]{1,9})?)?(Z|[-+](0[0-9]|1[0-4]):?[0-5][0-9])?$/;

/** A text without what PostgreSQL calls space around it. */
export function trimmed(text: string): string {
  return text.replaceAll(/^[ \t\r\n]+|[ \t\r\n]+$/g, '');
}

/** Whether a value says nothing: an unanswered question is an empty text. */
export function isBlank(value: Scalar): boolean {
  return value === null || (typeof value === 'string' && trimmed(value) === '');
}

/**
 * The kinds that can hold a value, besides text, which can hold all. Each accepts no more than its macro in
 * pipeline/macros/values.sql does, and less where a text only looks like a number: `0712345678` and `+254` are none.
 */
export function kindsOf(value: Scalar): ReadonlySet<Kind> {
  if (typeof value === 'boolean') return new Set(['boolean']);
  if (typeof value === 'number') return new Set(kindsOfNumber(value));
  return new Set(value === null ? [] : kindsOfText(trimmed(value)));
}

function kindsOfNumber(value: number): Kind[] {
  const size = Math.abs(value);
  // The text of a number in PostgreSQL has no exponent: one that is very large or small has too many digits.
  if (size !== 0 && (size >= 1e90 || size < 1e-80)) return [];
  if (!Number.isSafeInteger(value)) return ['number'];
  return size >= firstEpoch && size <= lastEpoch && value > 0 ? ['integer', 'number', 'epoch'] : ['integer', 'number'];
}

function kindsOfText(text: string): Kind[] {
  if (booleanText.test(text)) return ['boolean'];
  if (integerText.test(text)) return text.length <= longestNumberInText ? ['integer', 'number'] : [];
  if (numberText.test(text)) return text.length <= 2 * longestNumberInText + 10 ? ['number'] : [];
  if (isDay(text)) return ['date', 'timestamp'];
  const day = timestampText.exec(text)?.[1];
  return day !== undefined && isDay(day) ? ['timestamp'] : [];
}

/** Whether a text is a day that there is. */
function isDay(text: string): boolean {
  const [, year, month, day] = dateText.exec(text) ?? [];
  if (year === undefined) return false;
  const date = new Date(Date.UTC(Number(year), Number(month) - 1, Number(day)));
  return date.getUTCMonth() === Number(month) - 1 && date.getUTCDate() === Number(day);
}
