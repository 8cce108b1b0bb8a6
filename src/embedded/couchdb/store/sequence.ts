import { badRequest } from '../couch-error.js';

/** How far a shard has come. A shard that is rebuilt gets another uuid, and its counter means something else. */
export interface ShardPosition {
  /** 16 hexadecimal digits. */
  readonly uuid: string;
  readonly seq: number;
}

/** What every packed sequence begins with, `g1AA` as CouchDB's do: never taken for the number before it. */
const head = Buffer.from([0x83, 0x50, 0x00]);
const uuidBytes = 8;
const seqBytes = 6;
const positionBytes = uuidBytes + seqBytes;

/**
 * Writes sequences of one database, one after the other: `N-` and the position of each shard, packed. As CouchDB's, N is
 * the sum of the counters and only there to look at; nothing may be read from it.
 */
export class SequenceWriter {
  readonly #packed: Buffer;
  readonly #seqs: number[];
  #sum = 0;

  /** @param bounce - gives a factor for N, when it is to go up and down as it does around a shard split. */
  constructor(
    positions: readonly ShardPosition[],
    private readonly bounce?: () => number,
  ) {
    this.#packed = Buffer.alloc(head.length + positions.length * positionBytes);
    head.copy(this.#packed);
    this.#seqs = positions.map(() => 0);
    for (const [shard, { uuid, seq }] of positions.entries()) {
      this.#packed.write(uuid, head.length + shard * positionBytes, 'hex');
      this.move(shard, seq);
    }
  }

  /** Sets how far a shard has come. */
  move(shard: number, seq: number): void {
    this.#packed.writeUIntBE(seq, head.length + shard * positionBytes + uuidBytes, seqBytes);
    this.#sum += seq - (this.#seqs[shard] ?? 0);
    this.#seqs[shard] = seq;
  }

  /** How far each shard has come. */
  get seqs(): readonly number[] {
    return this.#seqs;
  }

  /** The sequence in text. */
  toString(): string {
    const shown = this.bounce === undefined ? this.#sum : Math.floor(this.#sum * this.bounce());
    return `${shown}-${this.#packed.toString('base64url')}`;
  }
}

/**
 * Reads a sequence that any of our databases may have given out. N, and quotes around it all, are thrown away.
 *
 * @throws CouchError 400 when it is not one.
 */
export function readSequence(text: string): ShardPosition[] {
  const opaque = /^"?(?:\d+-)?([\w-]+)"?$/.exec(text)?.[1];
  const packed = Buffer.from(opaque ?? '', 'base64url');
  const length = packed.length - head.length;
  const whole = length > 0 && length % positionBytes === 0 && packed.toString('base64url') === opaque;
  if (!whole || !packed.subarray(0, head.length).equals(head)) {
    throw badRequest("Malformed sequence supplied in 'since' parameter.");
  }
  const positions: ShardPosition[] = [];
  for (let at = head.length; at < packed.length; at += positionBytes) {
    positions.push({
      uuid: packed.toString('hex', at, at + uuidBytes),
      seq: packed.readUIntBE(at + uuidBytes, seqBytes),
    });
  }
  return positions;
}

/**
 * Where each shard goes on. A shard that the sequence does not know begins again at 0; the counter of one that it knows
 * is believed as it is, even when the shard has been put back to an older copy, as CouchDB does.
 */
export function startsOf(shards: readonly ShardPosition[], since: readonly ShardPosition[]): number[] {
  return shards.map(({ uuid }) => since.find((position) => position.uuid === uuid)?.seq ?? 0);
}
