import type pg from 'pg';

/**
 * Has PostgreSQL cancel what a connection is doing when the signal aborts: else the end of a long statement would have to
 * be waited for.
 *
 * @param pool - where another connection comes from.
 * @returns what ends the listening.
 */
export async function cancelOnAbort(
  pool: pg.Pool,
  client: pg.ClientBase,
  signal: AbortSignal | undefined,
): Promise<() => void> {
  if (signal === undefined) return () => undefined;
  const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
  const cancel = () => {
    // If it cannot be cancelled its end is waited for.
    pool.query('SELECT pg_cancel_backend($1)', [rows[0]?.pid]).catch(() => undefined);
  };
  signal.addEventListener('abort', cancel, { once: true });
  return () => signal.removeEventListener('abort', cancel);
}
