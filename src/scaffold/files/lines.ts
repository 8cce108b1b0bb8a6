/** The lines of a text. One that ends its last line gives an empty last one, so that joining them gives the text again. */
export function linesOf(text: string): string[] {
  return text.replaceAll('\r\n', '\n').split('\n');
}

/** The text of lines. */
export function textOf(lines: readonly string[]): string {
  return lines.join('\n');
}

/** Whether two texts have the same lines. */
export function sameLines(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((line, index) => line === other[index]);
}
