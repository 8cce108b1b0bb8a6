import type { Page } from './pages.js';

/** A fenced block of a page. */
export interface Block {
  readonly page: string;
  /** The line of its fence, from 1. */
  readonly line: number;
  /** The heading it stands under. */
  readonly heading: string;
  /** `sh`, `sql`, ...; empty when none is named. */
  readonly language: string;
  /** What stands behind the language, such as `exit=1`. */
  readonly marks: readonly string[];
  readonly text: string;
}

const fence = /^\s*```(\S*)\s*(.*)$/;

/** The fenced blocks of a page, in order. */
export function blocksOf({ path, text }: Page): Block[] {
  const blocks: Block[] = [];
  let open: { line: number; language: string; marks: string[]; lines: string[] } | undefined;
  let heading = '';
  for (const [index, line] of text.split('\n').entries()) {
    const found = fence.exec(line);
    if (open === undefined) {
      heading = /^#+ (.*)$/.exec(line)?.[1] ?? heading;
      if (found === null) continue;
      const marks = found[2]!.split(/\s+/).filter((mark) => mark !== '');
      open = { line: index + 1, language: found[1]!, marks, lines: [] };
    } else if (found === null) {
      open.lines.push(line);
    } else {
      const { line: at, language, marks, lines } = open;
      blocks.push({ page: path, line: at, heading, language, marks, text: lines.join('\n') });
      open = undefined;
    }
  }
  if (open !== undefined) throw new Error(`${path}:${open.line}: a block without an end`);
  return blocks;
}

/** How a block is called in a test's name and message. */
export function nameOf({ page, line, heading }: Block): string {
  return `${page}:${line} (${heading})`;
}

/** The text of a page without its fenced blocks, each line where it was. */
export function proseOf({ text }: Page): string {
  let isInside = false;
  return text
    .split('\n')
    .map((line) => {
      const isFence = fence.test(line);
      const hidden = isInside || isFence;
      if (isFence) isInside = !isInside;
      return hidden ? '' : line;
    })
    .join('\n');
}
