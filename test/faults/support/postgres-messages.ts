/** A message from a client to PostgreSQL: https://www.postgresql.org/docs/current/protocol-message-formats.html */
export interface FrontendMessage {
  /** The type's letter; empty for the messages before a session, which have none. */
  readonly type: string;
  /** The whole message as it is sent. */
  readonly bytes: Buffer;
  /** What it is about, if it is one of the steps. */
  readonly step: Step | undefined;
}

/** What couch2pg asks of PostgreSQL, in the order of a transaction; then what it asks outside of one. */
export const transactionSteps = [
  'begin',
  'copy',
  'rows',
  'copied',
  'watermark',
  'upsert',
  'unpark',
  'checkpoint',
  'notify',
  'commit',
] as const;
export type Step = (typeof transactionSteps)[number] | 'migrate' | 'lock' | 'read-checkpoint' | 'report' | 'rollback';

/**
 * When something may happen at a step: before PostgreSQL hears of it, when it has heard half of the message, or when it
 * has done it and its answer has not come back.
 */
export type Moment = 'before' | 'middle' | 'answered';

const moments: readonly Moment[] = ['before', 'middle', 'answered'];

/** Every moment of every step of a transaction; the rows of a COPY are not answered one by one. */
export const transactionPoints: readonly { readonly step: Step; readonly moment: Moment }[] = transactionSteps
  .flatMap((step) => moments.map((moment) => ({ step, moment })))
  .filter(({ step, moment }) => step !== 'rows' || moment !== 'answered');

const statements: readonly (readonly [Step, RegExp])[] = [
  ['begin', /^\s*BEGIN/],
  ['copy', /^\s*COPY /],
  ['watermark', /UPDATE \S*couchdb_watermark/],
  ['upsert', /ON CONFLICT \(_id\) DO UPDATE/],
  ['unpark', /DELETE FROM \S*couchdb_rejected/],
  ['checkpoint', /couchdb_progress.*seq = (excluded\.seq|\$2)/s],
  ['report', /couchdb_progress.*state = excluded\.state/s],
  ['read-checkpoint', /SELECT seq.*FROM \S*couchdb_progress/s],
  ['notify', /pg_notify/],
  ['commit', /^\s*COMMIT/],
  ['rollback', /^\s*ROLLBACK/],
  ['migrate', /CREATE TABLE IF NOT EXISTS/],
  ['lock', /pg_try_advisory_lock/],
];

/** How the names of the locks of sources begin. */
const lockOfSource = 'cht-sync couch2pg ';
const startupHeader = 4;
const messageHeader = 5;

/** Cuts what a client sends into messages, and names those that are steps of couch2pg. One for each connection. */
export class FrontendMessages {
  #rest: Buffer = Buffer.alloc(0);
  #started = false;
  readonly #prepared = new Map<string, Step | undefined>();

  /** Takes bytes; gives the messages that are whole now. */
  push(bytes: Buffer): FrontendMessage[] {
    this.#rest = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes]);
    const messages: FrontendMessage[] = [];
    for (let message = this.#next(); message !== undefined; message = this.#next()) messages.push(message);
    return messages;
  }

  #next(): FrontendMessage | undefined {
    const header = this.#started ? messageHeader : startupHeader;
    if (this.#rest.length < header) return undefined;
    const length = this.#rest.readUInt32BE(header - startupHeader) + header - startupHeader;
    if (this.#rest.length < length) return undefined;
    const bytes = this.#rest.subarray(0, length);
    this.#rest = this.#rest.subarray(length);
    const type = this.#started ? String.fromCharCode(bytes[0] ?? 0) : '';
    this.#started = true;
    return { type, bytes, step: this.#step(type, bytes.subarray(header)) };
  }

  #step(type: string, body: Buffer): Step | undefined {
    if (type === 'd') return 'rows';
    if (type === 'c') return 'copied';
    if (type === 'Q') return stepOf(textAt(body, 0));
    if (type === 'P') {
      const name = textAt(body, 0);
      this.#prepared.set(name, stepOf(textAt(body, Buffer.byteLength(name) + 1)));
      return undefined;
    }
    // What is bound is executed next: the name of the portal, then that of the statement.
    if (type === 'B') {
      const step = this.#prepared.get(textAt(body, Buffer.byteLength(textAt(body, 0)) + 1));
      // A migration takes a lock by the same statement.
      return step === 'lock' && !body.includes(lockOfSource) ? undefined : step;
    }
    return undefined;
  }
}

function stepOf(sql: string): Step | undefined {
  return statements.find(([, pattern]) => pattern.test(sql))?.[0];
}

/** The text up to the next zero byte. */
function textAt(body: Buffer, start: number): string {
  const end = body.indexOf(0, start);
  return body.toString('utf8', start, end < 0 ? body.length : end);
}
