import type { Control } from '../postgres/index.js';

/** Knows what a person has asked of a source, and tells when that changes. */
export class ControlWatch {
  #current: Control = { paused: false, resync: false };
  readonly #waiting = new Set<() => void>();

  constructor(private readonly read: () => Promise<Control>) {}

  /** What was asked at the last look. */
  get current(): Control {
    return this.#current;
  }

  /** Looks now. What cannot be read leaves what is known: whoever writes next meets the same error. */
  async look(): Promise<void> {
    const control = await this.read().catch(() => this.#current);
    const { paused, resync } = this.#current;
    this.#current = control;
    // That a resync has been done is no wish.
    if (control.paused === paused && (control.resync === resync || !control.resync)) return;
    for (const tell of this.#waiting) tell();
  }

  /** Resolves when something else is asked than now, or `signal` aborts. */
  untilChanged(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        this.#waiting.delete(done);
        signal.removeEventListener('abort', done);
        resolve();
      };
      if (signal.aborted) done();
      this.#waiting.add(done);
      signal.addEventListener('abort', done);
    });
  }
}
