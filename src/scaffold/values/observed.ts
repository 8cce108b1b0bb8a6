import { isBlank, kindsOf, trimmed, type Scalar } from './fits.js';
import { kinds, type Kind } from './kind.js';

/** Different values that are counted; of more it is known only that they are many. */
const mostDistinct = 60;
const longestCounted = 80;

/** What is known of the values of a field, in memory that does not grow with their number. */
export class ObservedValues {
  /** Values, and those of them that say something. */
  seen = 0;
  filled = 0;
  /** How many of them a kind can hold. */
  readonly #held = new Map<Kind, number>();
  /** How often each was seen, as text; undefined when there are too many, or they are too long, to be choices. */
  #counts: Map<string, number> | undefined = new Map();

  add(value: Scalar): void {
    this.seen += 1;
    if (isBlank(value)) return;
    this.filled += 1;
    for (const kind of kindsOf(value)) this.#held.set(kind, (this.#held.get(kind) ?? 0) + 1);
    this.#count(trimmed(String(value)));
  }

  /** Whether a kind can hold all values. */
  allFit(kind: Kind): boolean {
    return kind === 'text' || (this.#held.get(kind) ?? 0) === this.filled;
  }

  /** How many values a kind cannot hold. */
  misfits(kind: Kind): number {
    return kind === 'text' ? 0 : this.filled - (this.#held.get(kind) ?? 0);
  }

  /** The narrowest kind that holds all values; undefined when there are none. */
  narrowest(accept: (kind: Kind) => boolean = () => true): Kind | undefined {
    if (this.filled === 0) return undefined;
    return kinds.find((kind) => accept(kind) && this.allFit(kind)) ?? 'text';
  }

  /** How often each value was seen; undefined when they are too many, or too long, to be choices. */
  get counts(): ReadonlyMap<string, number> | undefined {
    return this.#counts;
  }

  #count(text: string): void {
    if (this.#counts === undefined) return;
    if (text.length > longestCounted || (this.#counts.size >= mostDistinct && !this.#counts.has(text))) {
      this.#counts = undefined;
      return;
    }
    this.#counts.set(text, (this.#counts.get(text) ?? 0) + 1);
  }
}
