import { readFileSync } from 'node:fs';
import { median } from './statistics.js';

/** What a process held in memory over a time, in megabytes (1,000,000 bytes). */
export interface MemoryUse {
  /** The most at once, as the kernel saw it. */
  readonly peak: number;
  readonly medianOfFirst: number;
  readonly medianOfLast: number;
}

const everyMs = 250;
/** Of the samples of a time, so many tenths are its beginning and its end. */
const edgeTenths = 1;

/** Looks again and again at what a process holds in memory (Linux only); `end` gives what was seen. */
export function watchMemory(pid: number): { end(): MemoryUse } {
  const samples: number[] = [];
  const look = () => samples.push(memoryOf(pid, 'VmRSS'));
  look();
  const timer = setInterval(look, everyMs);
  return {
    end: () => {
      clearInterval(timer);
      const edge = Math.max(1, Math.floor((samples.length * edgeTenths) / 10));
      return {
        peak: memoryOf(pid, 'VmHWM'),
        medianOfFirst: median(samples.slice(0, edge)),
        medianOfLast: median(samples.slice(-edge)),
      };
    },
  };
}

function memoryOf(pid: number, field: 'VmRSS' | 'VmHWM'): number {
  const kibibytes = new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return (Number(kibibytes) * 1024) / 1e6;
}
