import pg from 'pg';
import { waitAtMost, type Clock, type SyncError } from '../lib/index.js';
import { classifyPostgresError, clientConfig, controlChannel, noticeLostClient, tryLock } from '../postgres/index.js';
import type { PostgresConnection } from '../postgres/index.js';

/** Held as long as this process may write a source. */
export interface SourceLock {
  /** Asks over the connection that holds it: one that is half-open is noticed by nothing else. */
  check(): Promise<void>;
  release(): Promise<void>;
}

/** What is locked, and what happens meanwhile. */
export interface SourceLockOptions {
  readonly connection: PostgresConnection;
  /** The name of the lock. */
  readonly name: string;
  readonly source: string;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** How long to wait between two tries, in milliseconds. */
  readonly standbyMs: number;
  /** Another process holds it: this one waits. */
  readonly onStandby: () => void;
  /** Called before each try. */
  readonly onTry: () => void;
  /** The connection that holds the lock has broken, and with it the right to write. */
  readonly onLost: (error: SyncError) => void;
  /** A person has asked something of the source. */
  readonly onControl: () => void;
}

/** A connection that does not say good-bye by then is left behind. */
const longestGoodbyeMs = 2_000;

/**
 * Waits until no other process writes this source. The lock lives on a connection of its own, so it ends with the process.
 *
 * @returns undefined when `signal` aborted first.
 * @throws SyncError POSTGRES_* when PostgreSQL cannot be reached.
 */
export async function lockSource(options: SourceLockOptions): Promise<SourceLock | undefined> {
  const { connection, name, source, clock, signal, standbyMs, onStandby, onTry, onLost, onControl } = options;
  const client = new pg.Client(clientConfig(connection, 'cht-sync couch2pg lock'));
  let held = false;
  let released = false;
  const lost = (error: Error) => {
    if (held && !released) onLost(classifyPostgresError(error, `holding the lock of ${name}`));
  };
  client.on('error', lost);
  client.on('end', () => lost(new Error('the connection was closed')));
  client.on('notification', ({ payload }) => {
    if (payload === source) onControl();
  });
  const check = async () => {
    await client.query('SELECT 1').catch(lost);
  };
  const release = async () => {
    released = true;
    await waitAtMost(
      clock,
      longestGoodbyeMs,
      client.end().catch(() => undefined),
    );
    client.connection.stream.destroy();
  };
  try {
    await client.connect();
    await noticeLostClient(client);
    let told = false;
    while (!signal.aborted) {
      onTry();
      held = await tryLock(client, name);
      if (held) {
        await client.query(`LISTEN ${controlChannel}`);
        return { check, release };
      }
      if (!told) onStandby();
      told = true;
      await clock.sleep(standbyMs, signal);
    }
  } catch (error) {
    await release();
    throw classifyPostgresError(error, `taking the lock of ${name}`);
  }
  await release();
  return undefined;
}
