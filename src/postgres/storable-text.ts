/** U+0000 and lone surrogates: with `u`, half of a pair that has its other half is none. */
const unstorable = /[\0\p{Surrogate}]/gu;

/** Whether PostgreSQL's `text` can hold a string. */
export function isStorableText(text: string): boolean {
  return text.search(unstorable) < 0;
}

/** The string with U+FFFD for each character that PostgreSQL's `text` cannot hold. */
export function storableText(text: string): string {
  return text.replace(unstorable, '\ufffd');
}
