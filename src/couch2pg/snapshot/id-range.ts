import type { SnapshotRange } from '../../postgres/index.js';

/** A range of ids while it is read. */
export class IdRange {
  readonly number: number;
  readonly start: string | null;
  /** The id it ends before; null: to the end. It moves down when the range is cut. */
  end: string | null;
  /** The last id that was read; null: none. */
  position: string | null;
  /** What is stored of it: the last id that is in the table. */
  readonly reached: string | null;

  constructor({ number, start, end, reached }: Pick<SnapshotRange, 'number' | 'start' | 'end' | 'reached'>) {
    this.number = number;
    this.start = start;
    this.end = end;
    this.reached = reached;
    this.position = reached;
  }
}
