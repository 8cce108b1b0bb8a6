import type { ObservedValues } from './observed.js';

/** The answers that a question has. */
export interface Choices {
  readonly values: readonly string[];
  /** Whether several may be chosen at once: they stand in one text, with spaces between them. */
  readonly multiple: boolean;
}

/** A choice is a word that a program gave, not one that a person typed. */
const word = /^[a-z][a-z0-9]*([_-][a-z0-9]+)*$/;
const longestWord = 40;
const mostChoices = 15;
/** What fewer documents say may tell of one person. */
const leastOfEach = 5;
const leastInAll = 20;

/** Fields that hold what tells of a person, whatever their values look like. */
const personal =
  /name|phone|mobile|tel(ephone)?$|msisdn|email|mail|address|village|street|landmark|national|passport|note|comment|remark|message|describe|description|specify|other|text|birth|dob|id$|uuid|code|head|mother|father|guardian|spouse|husband|wife|relative|kin|password|pin$/i;

/** Whether a field may hold what tells of a person, by its name. */
export function isPersonal(path: readonly string[]): boolean {
  return personal.test(path.at(-1) ?? '');
}

/**
 * The choices that the values of a field seem to be; undefined when it is no such field, or may be one that tells of a
 * person. Only values that several documents have are named: names, phones and free text must not end up in files.
 */
export function observedChoices(values: ObservedValues, path: readonly string[]): Choices | undefined {
  const { counts } = values;
  if (counts === undefined || values.filled < leastInAll || isPersonal(path)) return undefined;
  const words = new Map<string, number>();
  let multiple = false;
  for (const [text, count] of counts) {
    const parts = text.split(' ');
    if (!parts.every((part) => word.test(part) && part.length <= longestWord)) return undefined;
    multiple ||= parts.length > 1;
    for (const part of parts) words.set(part, (words.get(part) ?? 0) + count);
  }
  if (words.size > mostChoices) return undefined;
  const often = [...words].filter(([, count]) => count >= leastOfEach).map(([text]) => text);
  return often.length === 0 ? undefined : { values: often.sort(), multiple };
}
