import type { Arguments } from '../arguments.js';
import type { Section } from '../report.js';
import type { Scratch } from '../scratch.js';

export function benchDataemon(_given: Arguments, _scratch: Scratch): Promise<readonly Section[]> {
  return Promise.resolve([]);
}
