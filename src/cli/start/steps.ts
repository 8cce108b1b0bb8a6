import type { Step } from './view.js';

/** The parts of the set-up and how far each is. */
export class Steps {
  readonly #steps = new Map<string, Step>();

  /** Does a part; it counts as done when it has not failed. */
  async run<T>(title: string, work: (progress: (done: number, total: number) => void) => Promise<T>): Promise<T> {
    this.#steps.set(title, { title, isDone: false });
    const result = await work((done, total) =>
      this.#steps.set(title, { title, isDone: false, progress: { done, total } }),
    );
    this.#steps.set(title, { title, isDone: true });
    return result;
  }

  /** Does a part that all else can do without: when it fails it is shown no more. */
  async attempt<T>(title: string, work: () => Promise<T>): Promise<T> {
    try {
      return await this.run(title, work);
    } catch (error) {
      this.#steps.delete(title);
      throw error;
    }
  }

  list(): Step[] {
    return [...this.#steps.values()];
  }
}
