/** What an expression of PromQL reads: a metric, and the labels by which it is chosen. */
export interface Selector {
  readonly name: string;
  readonly labels: readonly string[];
}

const keywords = new Set(['and', 'or', 'unless', 'on', 'ignoring', 'by', 'without', 'group_left', 'group_right', 'offset', 'bool', 'inf', 'nan']); // prettier-ignore

/** The metrics that an expression names, without a parser: what is left when all else is taken away. */
export function selectorsOf(expression: string): Selector[] {
  const bare = expression
    // Strings first, for they may hold anything; then lists of labels, ranges and durations.
    .replaceAll(/"(?:[^"\\]|\\.)*"/g, '""')
    .replaceAll(/\b(by|without|on|ignoring|group_left|group_right)\s*\([^()]*\)/g, ' ')
    .replaceAll(/\[[^\]]*\]/g, ' ')
    .replaceAll(/\boffset\s+\w+/g, ' ');
  return [...bare.matchAll(/(?<![\w.])([a-zA-Z_:][\w:]*)\s*(\{[^{}]*\})?(\s*\()?/g)]
    .filter(([, name = '', , call]) => call === undefined && !keywords.has(name.toLowerCase()))
    .map(([, name = '', labels = '']) => ({
      name,
      labels: [...labels.matchAll(/(\w+)\s*(?:=~|!~|!=|=)/g)].map(([, label = '']) => label),
    }));
}
