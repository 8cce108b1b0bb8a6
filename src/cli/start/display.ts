import { createLogUpdate } from 'log-update';
import type { Log } from '../../lib/index.js';
import { progressLines } from './progress-lines.js';
import { fits, renderGuide, renderScreen } from './screen.js';
import { shellLines } from './text.js';
import type { Guide, View } from './view.js';

/** Shows what goes on until it is closed. */
export interface Display {
  close(): void;
}

const frameMs = 200;
const linesEveryMs = 5_000;

/** Draws the screen again and again in place. */
export function startScreen(stream: NodeJS.WriteStream, view: () => View): Display {
  const update = createLogUpdate(stream);
  let linesBefore = 0;
  let isGuideTold = false;
  const draw = () => {
    const size = { width: stream.columns || 80, height: stream.rows || 24 };
    const now = view();
    if (now.guide !== undefined && !isGuideTold && !fits(now, size)) {
      // What has no room on the screen stays above it, to be scrolled to.
      update.persist(`${renderGuide(now.guide, size.width).join('\n')}\n\n`);
      isGuideTold = true;
    }
    const lines = renderScreen(now, size);
    // log-update 7.2 redraws only what differs, and leaves lines that have moved up or down where they were.
    if (lines.length !== linesBefore) update.clear();
    linesBefore = lines.length;
    update(lines.join('\n'));
  };
  draw();
  const timer = setInterval(draw, frameMs);
  return {
    close: () => {
      clearInterval(timer);
      draw();
      update.done();
    },
  };
}

/** Without a terminal: a log line for what has moved, every few seconds. */
export function startLines(log: Log, view: () => View): Display {
  let before: readonly string[] = [];
  let isGuideShown = false;
  const tell = () => {
    const now = view();
    const lines = progressLines(now);
    for (const line of lines) if (!before.includes(line)) log.info(line);
    before = lines;
    if (now.guide === undefined || isGuideShown) return;
    isGuideShown = true;
    for (const line of guideLines(now.guide)) log.info(line);
  };
  const timer = setInterval(tell, linesEveryMs);
  return {
    close: () => {
      clearInterval(timer);
      tell();
    },
  };
}

function guideLines({ psql, edit, query, metricsUrl }: Guide): string[] {
  const oneLine = (words: readonly string[]) => shellLines(words, Infinity).join('\n');
  return [
    `look at the tables: ${oneLine(psql)}`,
    ...(edit === undefined ? [] : [`edit a document: ${oneLine(edit)}`]),
    ...(query === undefined ? [] : [`and see it arrive: ${query.join(' ')}`]),
    ...(metricsUrl === undefined ? [] : [`metrics: ${metricsUrl}/metrics`]),
  ];
}
