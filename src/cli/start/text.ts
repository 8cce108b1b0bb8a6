const second = 1000;

/** `1234567` as `1,234,567`; nothing known as a dash. */
export function count(value: number | null | undefined): string {
  return value === null || value === undefined ? '-' : value.toLocaleString('en-US', { maximumFractionDigits: 0 });
}

/** Bytes for people: `512 B`, `40 kB`, `3 MB`, `1.2 GB`. */
export function size(bytes: number): string {
  if (bytes < 1_000) return `${bytes} B`;
  if (bytes < 1_000_000) return `${Math.round(bytes / 1_000)} kB`;
  return bytes < 1_000_000_000 ? `${Math.round(bytes / 1_000_000)} MB` : `${(bytes / 1_000_000_000).toFixed(1)} GB`;
}

/** Milliseconds for people: `40 ms`, `2.3 s`, `1 min 5 s`; nothing known as a dash. */
export function duration(ms: number | null | undefined): string {
  if (ms === null || ms === undefined) return '-';
  if (ms < second) return `${Math.round(ms)} ms`;
  if (ms < 60 * second) return `${(ms / second).toFixed(1)} s`;
  const seconds = Math.round(ms / second);
  return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

/** A time to the second in UTC, `2026-01-02 03:04:05`; none as `never`. */
export function dateTime(at: Date | null): string {
  return at === null ? 'never' : at.toISOString().slice(0, 19).replace('T', ' ');
}

/** An ISO 8601 time as the time of day where the user is; nothing known as a dash. */
export function timeOfDay(iso: string | null): string {
  if (iso === null) return '-';
  return new Date(iso).toLocaleTimeString('en-GB', { hour12: false });
}

/** The text, cut with an ellipsis to at most `width` characters. */
export function shorten(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, Math.max(0, width - 1))}…`;
}

/** A bar of `width` characters. */
export function bar(done: number, total: number, width: number): string {
  const share = total <= 0 ? 1 : Math.min(1, Math.max(0, done / total));
  const filled = Math.floor(share * width);
  return `${'█'.repeat(filled)}${'░'.repeat(width - filled)} ${String(Math.floor(share * 100)).padStart(3)} %`;
}

/** Columns of the same width; the first is to the left, numbers (all cells end in a digit, a unit or a dash) to the right. */
export function table(rows: readonly (readonly string[])[], rightAligned: readonly number[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, column) => {
        const width = widths[column] ?? 0;
        return rightAligned.includes(column) ? cell.padStart(width) : cell.padEnd(width);
      })
      .join('  ')
      .trimEnd(),
  );
}

/** A command line on as few lines as fit, each but the last ended so that a shell reads on. */
export function shellLines(words: readonly string[], width: number): string[] {
  const lines = fillLines(words, width - ' \\'.length);
  return lines.map((line, index) => (index === lines.length - 1 || line.endsWith('|') ? line : `${line} \\`));
}

/** Parts on as few lines as fit; a part is never broken. */
export function fillLines(parts: readonly string[], width: number): string[] {
  const lines: string[] = [];
  for (const part of parts) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + part.length <= width) lines[lines.length - 1] = `${last} ${part}`;
    else lines.push(part);
  }
  return lines;
}
