import { Random } from './random.js';

/** What the sample is made from. */
export interface SampleOptions {
  /** How many documents over all databases, tombstones included; fewer than 100 are taken as 100. */
  readonly documents?: number;
  /** An integer; another seed gives other people with other ids. */
  readonly seed?: number;
  /** The end of the two years that the sample covers; nothing is reported after it. */
  readonly now: Date;
}

/** The number of documents that is made when none is given. */
export const defaultDocuments = 20_000;
/** The fewest documents that hold one of each kind. */
export const fewestDocuments = 100;

/** What is common to all documents of one sample. */
export class Deployment {
  readonly documents: number;
  readonly seed: number;
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly #shortIdBase: number;
  readonly #shortIdStep = 7919;
  #shortIds = 0;

  constructor(options: SampleOptions) {
    this.documents = Math.max(fewestDocuments, Math.floor(options.documents ?? defaultDocuments));
    this.seed = options.seed ?? 1;
    this.now = options.now.getTime();
    this.#shortIdBase = 10 ** Math.max(4, Math.ceil(Math.log10(this.documents)));
  }

  /** A stream of random numbers of its own for a part of the sample. */
  random(part: number): Random {
    return new Random(this.seed, part);
  }

  /**
   * A `patient_id` or `place_id` as the CHT gives them: digits without order, each given once. The step is a prime that
   * does not divide their number, 9 times a power of ten, so none comes again before all have come.
   */
  shortId(): string {
    this.#shortIds += 1;
    const range = 9 * this.#shortIdBase;
    return (this.#shortIdBase + ((this.#shortIds * this.#shortIdStep + Math.abs(this.seed)) % range)).toString();
  }
}
