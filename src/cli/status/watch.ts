import { createLogUpdate } from 'log-update';
import { shorten } from '../start/text.js';
import type { Standing } from './look.js';
import { statusJson, statusLines, statusText } from './report.js';

/** Shows one look after the other. */
export interface WatchDisplay {
  show(standing: Standing): void;
  /** The look could not be taken. */
  fail(words: string): void;
  close(): void;
}

/** In place on a terminal; elsewhere a line for each thing that has changed, or JSON, a line for each look. */
export function openWatch(stream: NodeJS.WriteStream, json: boolean): WatchDisplay {
  if (json) return jsonLines(stream);
  return stream.isTTY ? inPlace(stream) : changedLines(stream);
}

function inPlace(stream: NodeJS.WriteStream): WatchDisplay {
  const update = createLogUpdate(stream);
  let linesBefore = 0;
  const draw = (text: string) => {
    const [width, height] = [stream.columns || 80, stream.rows || 24];
    const lines =
      `${text.trimEnd()}\n\nLooked at ${new Date().toISOString().slice(11, 19)} (UTC); Ctrl-C ends it`.split('\n');
    const shown = lines.slice(0, Math.max(1, height - 1)).map((line) => shorten(line, width - 1));
    // log-update 7.2 redraws only what differs, and leaves lines that have moved where they were.
    if (shown.length !== linesBefore) update.clear();
    linesBefore = shown.length;
    update(shown.join('\n'));
  };
  return { show: (standing) => draw(statusText(standing)), fail: draw, close: () => update.done() };
}

function changedLines(stream: NodeJS.WriteStream): WatchDisplay {
  let before: readonly string[] = [];
  const tell = (lines: readonly string[]) => {
    for (const line of lines) if (!before.includes(line)) stream.write(`${line}\n`);
    before = lines;
  };
  return { show: (standing) => tell(statusLines(standing)), fail: (words) => tell([words]), close: () => undefined };
}

function jsonLines(stream: NodeJS.WriteStream): WatchDisplay {
  return {
    show: (standing) => stream.write(`${JSON.stringify(statusJson(standing))}\n`),
    fail: (error) => stream.write(`${JSON.stringify({ error })}\n`),
    close: () => undefined,
  };
}
