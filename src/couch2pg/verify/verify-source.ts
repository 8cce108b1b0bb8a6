import { classified, storeVerification, type VerificationRow } from '../../postgres/index.js';
import { compareSource, type ComparisonProgress } from './compare-source.js';
import type { Difference } from './difference.js';
import { forgetLostRevisions } from './forget-lost.js';
import { Looker } from './look.js';
import { repairDifferences, type RepairOptions } from './repair.js';
import { settle, usualGrace, type Grace } from './settle.js';

/** How a verification ended. */
export interface Verification extends VerificationRow {
  readonly differences: readonly Difference[];
}

/** How far a verification is. */
export interface VerifyProgress extends ComparisonProgress {
  /** Differences that count. */
  readonly found: number;
  /** What it does now: it has PostgreSQL sort its ids, compares, watches whether differences stay, or mends them. */
  readonly doing: 'sorting' | 'comparing' | 'watching' | 'repairing';
}

/** What to verify. */
export interface VerifyOptions extends RepairOptions {
  /** Whether to mend what differs. */
  readonly repair: boolean;
  readonly grace?: Grace;
  onProgress?(progress: VerifyProgress): void;
}

/** How many differences are held in memory until it is known whether they stay: some 20 MB. */
const candidatesAtOnce = 50_000;
const shownDifferences = 100;
const repairRounds = 3;

/**
 * Compares a source with the table while the sync goes on, mends it if that is wanted, and stores the result. Only
 * differences that stay are counted (see `settle`).
 *
 * @throws SyncError COUCHDB_*, POSTGRES_*; the signal's reason when it aborts. Then nothing is stored.
 */
export async function verifySource(options: VerifyOptions): Promise<Verification> {
  const { clock, pool, names, source } = options;
  const run = new VerifyRun(options);
  const startedAt = new Date(clock.now());
  const result = { source, startedAt, ...(await run.toEnd()), endedAt: new Date(clock.now()) };
  await classified(`storing how the verification of ${source} ended`, storeVerification(pool, names, result));
  return result;
}

class VerifyRun {
  readonly #looker: Looker;
  readonly #settling: Parameters<typeof settle>[0];
  readonly #counts = { missing: 0, stale: 0, extra: 0, parked: 0, purged: 0 };
  #repaired = 0;
  #found = 0;
  #progress: ComparisonProgress = { compared: 0, read: 0, total: 0 };
  readonly #differences: Difference[] = [];

  constructor(private readonly options: VerifyOptions) {
    this.#looker = new Looker(options);
    this.#settling = { ...options, looker: this.#looker, grace: options.grace ?? usualGrace };
  }

  async toEnd(): Promise<Omit<Verification, 'source' | 'startedAt' | 'endedAt'>> {
    const onProgress = (progress: ComparisonProgress) => {
      this.#progress = progress;
      this.#tell('comparing');
    };
    this.#tell('sorting');
    let candidates: Difference[] = [];
    for await (const difference of compareSource({ ...this.options, onProgress })) {
      candidates.push(difference);
      if (candidates.length < candidatesAtOnce) continue;
      await this.#take(candidates);
      candidates = [];
    }
    await this.#take(candidates);
    if (this.options.repair) await forgetLostRevisions(this.options);
    return {
      compared: this.#progress.compared,
      ...this.#counts,
      repaired: this.#repaired,
      remaining: this.#found - this.#repaired,
      differences: this.#differences,
    };
  }

  async #take(candidates: readonly Difference[]): Promise<void> {
    const staying: Difference[] = [];
    if (candidates.length > 0) this.#tell('watching');
    for await (const difference of settle(this.#settling, candidates)) {
      staying.push(difference);
      this.#counts[difference.kind] += 1;
      this.#found += 1;
      if (this.#differences.length < shownDifferences) this.#differences.push(difference);
    }
    if (this.options.repair) await this.#mend(staying);
  }

  /** Mends differences, and sees to it that they stay mended: what couch2pg had read before may have been written since. */
  async #mend(differences: readonly Difference[]): Promise<void> {
    let open = differences.filter(({ kind }) => kind !== 'parked');
    const all = open.length;
    for (let round = 0; round < repairRounds && open.some(({ kind }) => kind !== 'parked'); round += 1) {
      this.#tell('repairing');
      await repairDifferences(this.options, open);
      const left: Difference[] = [];
      for await (const difference of settle(this.#settling, open)) left.push(difference);
      open = left;
    }
    this.#repaired += all - open.length;
  }

  #tell(doing: VerifyProgress['doing']): void {
    this.options.onProgress?.({ ...this.#progress, found: this.#found, doing });
  }
}
