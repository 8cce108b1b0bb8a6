/** Spreads compact JSON text over many lines, two spaces a level, leaving each token as it is. */
export function pretty(text: string): string {
  let depth = 0;
  const newline = () => `\n${'  '.repeat(depth)}`;
  return text.replace(/"(?:[^"\\]|\\.)*"|[{}[\],:]/g, (token, at: number) => {
    switch (token) {
      case '{':
      case '[':
        depth += 1;
        return isEmpty(text, at) ? token : token + newline();
      case '}':
      case ']':
        depth -= 1;
        return isEmpty(text, at - 1) ? token : newline() + token;
      case ',':
        return token + newline();
      case ':':
        return ': ';
      default:
        return token;
    }
  });
}

/** Whether `{}` or `[]` stands at this position. */
function isEmpty(text: string, at: number): boolean {
  const pair = text.slice(at, at + 2);
  return pair === '{}' || pair === '[]';
}
