/** What is to be disposed of when the tests of a file have ended, last made first. Node 20 has no AsyncDisposableStack. */
export class Disposables implements AsyncDisposable {
  readonly #held: AsyncDisposable[] = [];

  use<T extends AsyncDisposable>(disposable: T): T {
    this.#held.push(disposable);
    return disposable;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const disposable of this.#held.splice(0).reverse()) await disposable[Symbol.asyncDispose]();
  }
}
