import type { Awkwardness } from '../awkwardness.js';
import type { AwkwardnessSwitches } from '../awkwardness-switches.js';
import type { Clock } from '../../../lib/index.js';
import type { Random } from '../random.js';
import { ChangesCursor, type ShardRow } from '../store/changes-cursor.js';
import type { Database } from '../store/database.js';
import { SequenceWriter, startsOf } from '../store/sequence.js';
import { changesOptions, type ChangesOptions } from './changes-options.js';
import type { Exchange } from './exchange.js';
import type { Output } from './output.js';
import { withLeaves } from './row-leaves.js';
import { rowText } from './row-text.js';

/** What the feed needs from the server. */
export interface FeedContext {
  readonly awkwardness: AwkwardnessSwitches;
  readonly clock: Clock;
  readonly random: Random;
}

/** Text is gathered up to this many characters before it is sent. */
const pieceLength = 64 * 1024;
/** What CouchDB takes for `limit` when none is given; rows with a sequence are counted from it. */
const couchDbLimit = 10n ** 18n;

/** `GET` and `POST /{db}/_changes`. */
export async function changes(exchange: Exchange, database: Database, context: FeedContext): Promise<void> {
  const options = await changesOptions(exchange);
  await new Feed(exchange, database, options, context).run();
}

/** One feed, from its first byte to its last. */
class Feed {
  readonly #awkwardness: Awkwardness;
  readonly #bounce: (() => number) | undefined;
  /** The number of the first row that has its sequence. */
  readonly #phase: number;
  #rows = 0;
  #piece = '';

  constructor(
    private readonly exchange: Exchange,
    private readonly database: Database,
    private readonly options: ChangesOptions,
    private readonly context: FeedContext,
  ) {
    this.#awkwardness = context.awkwardness.get();
    this.#bounce = this.#awkwardness.bouncingPrefix ? () => 0.5 + context.random() : undefined;
    const limit = options.limit === Infinity ? couchDbLimit : BigInt(options.limit);
    this.#phase = Number(limit % BigInt(options.seqInterval));
  }

  async run(): Promise<void> {
    const { feed } = this.options;
    const output = this.exchange.stream(200);
    const sequence = this.#begin();
    const ended = new AbortController();
    const end = () => ended.abort();
    for (const signal of [this.exchange.closed, this.database.gone]) signal.addEventListener('abort', end);
    try {
      if (feed !== 'continuous') await output.write('{"results":[\n');
      await this.#follow(output, sequence, ended);
      const rest = `"last_seq":"${sequence.toString()}","pending":${await this.#pending(sequence)}}\n`;
      await output.write(feed === 'continuous' ? `{${rest}` : `\n],\n${rest}`);
      await output.end();
    } finally {
      ended.abort();
      for (const signal of [this.exchange.closed, this.database.gone]) signal.removeEventListener('abort', end);
    }
  }

  /** Where it begins: at `since`, or earlier where it is to be awkward. */
  #begin(): SequenceWriter {
    const { shards } = this.database.state;
    const { since, limit, descending } = this.options;
    let starts: readonly number[] =
      since === 'now' || descending ? shards.map(({ seq }) => seq) : startsOf(shards, since);
    if (since !== 'now' && !descending) {
      starts = this.context.awkwardness.rewind(starts);
      const repeated = Math.min(this.#awkwardness.repeatRows, Math.floor((limit - 1) / shards.length));
      starts = starts.map((start) => Math.max(0, start - Math.max(0, repeated)));
    }
    const positions = shards.map(({ uuid }, shard) => ({ uuid, seq: starts[shard] ?? 0 }));
    return this.#bounce === undefined ? new SequenceWriter(positions) : new SequenceWriter(positions, this.#bounce);
  }

  /** Sends what there is; where the feed asks for it, waits and sends what comes. */
  async #follow(output: Output, sequence: SequenceWriter, ended: AbortController): Promise<void> {
    const { feed } = this.options;
    const { endAfterMs } = this.#awkwardness;
    if (feed !== 'normal' && endAfterMs > 0) {
      void this.context.clock.sleep(endAfterMs, ended.signal).then(() => ended.abort());
    }
    for (;;) {
      const { version } = this.database;
      await this.#sendRows(output, sequence, ended.signal);
      const enough = this.#left() === 0 || (feed === 'longpoll' && this.#rows > 0);
      if (feed === 'normal' || enough || ended.signal.aborted) return;
      if (!(await this.#wait(output, version, ended.signal))) return;
    }
  }

  /** @returns whether there was a change, and not just too long a silence. */
  async #wait(output: Output, version: number, ended: AbortSignal): Promise<boolean> {
    const { heartbeatMs, timeoutMs } = this.options;
    for (;;) {
      const woken = new AbortController();
      const wake = () => woken.abort();
      ended.addEventListener('abort', wake);
      const change = this.database.changedSince(version, woken.signal);
      const silence = this.context.clock.sleep(heartbeatMs ?? timeoutMs, woken.signal);
      await Promise.race([change, silence]);
      woken.abort();
      ended.removeEventListener('abort', wake);
      if (ended.aborted) return false;
      if (this.database.version !== version) return true;
      if (heartbeatMs === undefined) return false;
      await output.write('\n');
      await output.flush();
    }
  }

  async #sendRows(output: Output, sequence: SequenceWriter, ended: AbortSignal): Promise<void> {
    const cursor = new ChangesCursor(this.database, sequence.seqs, {
      random: this.#awkwardness.shuffle ? this.context.random : undefined,
      descending: this.options.descending,
    });
    try {
      while (this.#left() > 0 && !ended.aborted) {
        const rows = await cursor.next(this.#left());
        if (rows.length === 0) {
          for (const shard of sequence.seqs.keys()) sequence.move(shard, cursor.endOf(shard));
          break;
        }
        for (const row of rows) await this.#addRow(output, sequence, row);
        if (this.#piece.length >= pieceLength) await this.#sendPiece(output);
      }
    } finally {
      await cursor.close();
    }
    await this.#sendPiece(output);
    await output.flush();
  }

  async #addRow(output: Output, sequence: SequenceWriter, { shard, row }: ShardRow): Promise<void> {
    const { rowLayout, blankLineEvery, nullDocEvery, rowDelayMs } = this.#awkwardness;
    const { ids, seqInterval, includeDocs, feed } = this.options;
    sequence.move(shard, row.seq);
    const id = ids === undefined ? undefined : (JSON.parse(`{${row.head}}`) as { id: string }).id;
    if (id !== undefined && ids?.has(id) !== true) return;
    const shown = (this.#rows - this.#phase) % seqInterval === 0;
    const nullDoc = nullDocEvery > 0 && (this.#rows + 1) % nullDocEvery === 0;
    const { head, document } = row.branched ? await withLeaves(this.database, row, this.options) : row;
    const text = rowText(
      {
        seq: shown ? `"${sequence.toString()}"` : 'null',
        head,
        document: includeDocs ? (nullDoc ? 'null' : document) : undefined,
      },
      rowLayout,
    );
    const separator = feed === 'continuous' || this.#rows === 0 ? '' : ',\n';
    this.#piece += feed === 'continuous' ? `${text}\n` : separator + text;
    this.#rows += 1;
    if (blankLineEvery > 0 && this.#rows % blankLineEvery === 0) this.#piece += '\n';
    if (rowDelayMs > 0) {
      await this.#sendPiece(output);
      await output.flush();
      await this.context.clock.sleep(rowDelayMs, this.exchange.closed);
    }
  }

  async #sendPiece(output: Output): Promise<void> {
    const piece = this.#piece;
    this.#piece = '';
    if (piece !== '') await output.write(piece);
  }

  #left(): number {
    const { limit, feed } = this.options;
    const { endAfterRows } = this.#awkwardness;
    const most = feed !== 'normal' && endAfterRows > 0 ? Math.min(limit, endAfterRows) : limit;
    return most - this.#rows;
  }

  async #pending(sequence: SequenceWriter): Promise<string> {
    if (this.#awkwardness.nullPending) return 'null';
    const { live, deleted } = this.database.state;
    if (this.options.descending) return String(Math.max(0, live + deleted - this.#rows));
    let pending = 0;
    for (const [shard, seq] of sequence.seqs.entries()) pending += await this.database.counts.after(shard, seq);
    return String(pending);
  }
}
