import { cpus, loadavg, totalmem } from 'node:os';

/** Where and when it was measured. */
export interface Machine {
  readonly at: string;
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGb: number;
  readonly node: string;
  /** The load of the last 1 and 5 minutes, our own work included. */
  readonly load: string;
}

/** Describes this machine as it is now. */
export function describeMachine(): Machine {
  const processors = cpus();
  return {
    at: new Date().toISOString(),
    cpu: processors[0]?.model ?? 'unknown CPU',
    cores: processors.length,
    memoryGb: Math.round(totalmem() / 2 ** 30),
    node: process.versions.node,
    load: loadavg()
      .slice(0, 2)
      .map((value) => value.toFixed(1))
      .join(' / '),
  };
}
