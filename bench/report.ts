import type { Machine } from './measure/machine.js';

/** One line of a table of results. */
export interface Result {
  readonly what: string;
  readonly value: number | null;
  readonly unit: string;
  /** The values of the single rounds, where there were several. */
  readonly rounds?: readonly number[];
  /** What it is to be, in words. */
  readonly goal?: string;
}

/** Results that belong together. */
export interface Section {
  readonly title: string;
  readonly results: readonly Result[];
}

/** All that a run has found. */
export interface Report {
  readonly bench: string;
  readonly machine: Machine;
  readonly loadAfter: string;
  readonly sections: readonly Section[];
}

/** Prints it for a program. */
export function printJson(report: Report): void {
  process.stdout.write(`${JSON.stringify(report, undefined, 2)}\n`);
}

/** Prints it for a reader, as a Markdown table. */
export function printText({ bench, machine, loadAfter, sections }: Report): void {
  const { cpu, cores, memoryGb, node, at, load } = machine;
  const lines = [
    `## ${bench}`,
    '',
    `${at.slice(0, 16)}Z, ${cpu}, ${cores} cores, ${memoryGb} GB, Node ${node}; load before ${load}, after ${loadAfter}`,
  ];
  for (const { title, results } of sections) {
    lines.push('', `| ${title} | | |`, '|---|---:|---|');
    for (const { what, value, unit, rounds, goal } of results) {
      const each = rounds !== undefined && rounds.length > 1 ? `rounds: ${rounds.map(shown).join(', ')}` : '';
      const note = [goal === undefined ? '' : `goal ${goal}`, each].filter((text) => text !== '').join('; ');
      lines.push(`| ${what} | ${value === null ? 'not measured' : `${shown(value)} ${unit}`.trim()} | ${note} |`);
    }
  }
  process.stdout.write(`${lines.join('\n')}\n`);
}

/** Three digits are what such a measurement is good for. */
function shown(value: number): string {
  if (Math.abs(value) >= 100) return Math.round(value).toLocaleString('en');
  return String(Number(value.toPrecision(3)));
}
