/** How many events a second there were, over a window that moves with the time. */
export class Rate {
  #events: { at: number; count: number }[] = [];

  constructor(private readonly windowMs: number) {}

  add(now: number, count: number): void {
    this.#events.push({ at: now, count });
    this.#forget(now);
  }

  perSecond(now: number): number {
    this.#forget(now);
    const first = this.#events[0];
    if (first === undefined) return 0;
    const total = this.#events.reduce((sum, { count }) => sum + count, 0);
    return (total * 1000) / Math.max(1000, now - first.at);
  }

  #forget(now: number): void {
    while (this.#events[0] !== undefined && this.#events[0].at < now - this.windowMs) this.#events.shift();
  }
}
