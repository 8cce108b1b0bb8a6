/** A simple command of a shell script. */
export interface SimpleCommand {
  /** The variables that are set for it. */
  readonly variables: readonly string[];
  readonly words: readonly string[];
}

const token =
  /\\\n|(?:\\.|'[^']*'|"(?:\\.|[^"\\])*"|[^\s|&;<>()#'"\\]|(?<=\S)#)+|#[^\n]*|\n|\|\|?|&&?|;|\d?>>?&?\d?|<|[()]/g;
const ends = new Set(['\n', '|', '||', '&&', '&', ';', '(', ')']);

/** The commands of a script, without comments and redirections; enough of a shell for what documentation says. */
export function commandsOf(script: string): SimpleCommand[] {
  const commands: SimpleCommand[] = [];
  let words: string[] = [];
  let skips = false;
  const finish = () => {
    const first = words.findIndex((word) => !/^\w+=/.test(word));
    const variables = (first === -1 ? words : words.slice(0, first)).map((word) => word.split('=', 1)[0]!);
    const rest = first === -1 ? [] : words.slice(first);
    if (words.length > 0) commands.push({ variables, words: rest.map(unquoted) });
    words = [];
  };
  for (const [found] of script.matchAll(token)) {
    if (found === '\\\n' || found.startsWith('#')) continue;
    if (ends.has(found)) finish();
    else if (/^\d?>>?&?\d?$/.test(found) || found === '<') skips = !/&\d$/.test(found);
    else if (skips) skips = false;
    else words.push(found);
  }
  finish();
  return commands;
}

function unquoted(word: string): string {
  return word.replaceAll(/'([^']*)'|"((?:\\.|[^"\\])*)"|\\(.)/g, (_, single, double, escaped) =>
    String(single ?? double ?? escaped ?? ''),
  );
}
