import { defaultAwkwardness, type Awkwardness, type Effect } from './awkwardness.js';

/** The switches of a running server. */
export class AwkwardnessSwitches {
  #now: Awkwardness = defaultAwkwardness;

  constructor(first: Partial<Awkwardness> = {}) {
    this.set(first);
  }

  /** As it is now; what strikes a number of times counts down. */
  get(): Awkwardness {
    return this.#now;
  }

  /** Changes some switches; the others stay. */
  set(some: Partial<Awkwardness>): void {
    this.#now = { ...this.#now, ...some };
  }

  /** Sets all as they were at first. */
  reset(): void {
    this.#now = defaultAwkwardness;
  }

  /** What goes wrong with a request, if anything; counts as having struck. */
  strike(method: string, path: string): Effect | undefined {
    const { faults } = this.#now;
    const hit = faults.find(
      (fault) =>
        fault.times > 0 &&
        new RegExp(fault.path).test(path) &&
        (fault.method === undefined || new RegExp(fault.method).test(method)),
    );
    if (hit === undefined) return undefined;
    const left = faults.map((fault) => (fault === hit ? { ...fault, times: fault.times - 1 } : fault));
    this.set({ faults: left.filter(({ times }) => times > 0) });
    return hit.effect;
  }

  /** Where a feed that asks for `starts` begins instead, if it is one that goes back; counts as having done so. */
  rewind(starts: readonly number[]): readonly number[] {
    const { rewinds, rewindTo } = this.#now;
    if (rewinds === 0) return starts;
    this.set({ rewinds: rewinds - 1 });
    return starts.map((start) => (rewindTo === 'start' ? 0 : Math.floor(start / 2)));
  }
}
