import { blocksOf, proseOf } from './blocks.js';
import type { Page } from './pages.js';

/** A link of a page. */
export interface Link {
  readonly line: number;
  readonly target: string;
}

/** The links and pictures of a page, those in code left out. */
export function linksOf(page: Page): Link[] {
  return proseOf(page)
    .split('\n')
    .flatMap((line, index) =>
      [...line.replaceAll(/`[^`]*`/g, '').matchAll(/\]\(([^)\s]+)(?:\s+"[^"]*")?\)|\ssrc="([^"]+)"/g)].map(
        ([, target, source]) => ({ line: index + 1, target: (target ?? source)! }),
      ),
    );
}

/** The anchors that GitHub gives to the headings of a page. */
export function anchorsOf(page: Page): Set<string> {
  const anchors = new Set<string>();
  for (const [, heading] of proseOf(page).matchAll(/^#{1,6} (.*)$/gm)) {
    const slug = heading!
      .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1')
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .trim()
      .replaceAll(' ', '-');
    let anchor = slug;
    for (let count = 1; anchors.has(anchor); count += 1) anchor = `${slug}-${count}`;
    anchors.add(anchor);
  }
  return anchors;
}

/** What stands between backquotes on a page. */
export function codeOf(page: Page): string[] {
  return [...proseOf(page).matchAll(/`([^`\n]+)`/g)].map(([, code]) => code!);
}

/** The words of all code of a page, in the text and in blocks, that are of a form. */
export function namesOf(page: Page, form: RegExp): string[] {
  const code = [...codeOf(page), ...blocksOf(page).map(({ text }) => text)];
  return [...new Set(code.flatMap((text) => [...text.matchAll(form)].map(([name]) => name)))];
}
