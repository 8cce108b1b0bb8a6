import { readFileSync } from 'node:fs';
import { cpuOfTree } from './cpu.js';

const ticksPerSecond = 100;

/**
 * Begins to measure how much CPU others use on this machine, which spoils what is measured; the function returned says
 * how much it was since, in cores. Null where there is no /proc.
 *
 * @param ours - the CPU of what we have started besides our own children, in seconds.
 */
export function watchOthers(ours: () => number | null): () => number | null {
  const look = () => ({
    at: performance.now(),
    busy: busySeconds(),
    own: (cpuOfTree(process.pid) ?? 0) + (ours() ?? 0),
  });
  const from = look();
  return () => {
    const to = look();
    if (from.busy === undefined || to.busy === undefined) return null;
    const seconds = to.busy - from.busy - (to.own - from.own);
    return Math.max(0, (seconds * 1000) / (to.at - from.at));
  };
}

/** What all processors together have worked since the start, in seconds: user, nice, system, irq, softirq and steal. */
function busySeconds(): number | undefined {
  try {
    const [, ...ticks] = readFileSync('/proc/stat', 'utf8').split('\n', 1)[0]?.split(/\s+/) ?? [];
    const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, steal = 0] = ticks.map(Number);
    return (user + nice + system + irq + softirq + steal) / ticksPerSecond;
  } catch {
    return undefined;
  }
}
