import type pg from 'pg';

const key = `hashtextextended($1, 0)`;
const textOf = (name: string) => `cht-sync ${name}`;

/**
 * Tries to take a lock that only one session may hold, for as long as the connection lives.
 *
 * @param name - what is locked, such as `couch2pg v1.couchdb host/medic`.
 */
export async function tryLock(client: pg.ClientBase, name: string): Promise<boolean> {
  const { rows } = await client.query<{ locked: boolean }>(`SELECT pg_try_advisory_lock(${key}) AS locked`, [
    textOf(name),
  ]);
  return rows[0]?.locked === true;
}

/** Whether a session of this database holds such a lock; on a standby of PostgreSQL, which knows no locks, always false. */
export async function isLocked(client: pg.ClientBase | pg.Pool, name: string): Promise<boolean> {
  const { rows } = await client.query<{ locked: boolean }>(
    `SELECT EXISTS (
       SELECT FROM pg_locks
       WHERE locktype = 'advisory' AND objsubid = 1 AND granted
         AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
         AND (classid::bigint << 32) | objid::bigint = ${key}
     ) AS locked`,
    [textOf(name)],
  );
  return rows[0]?.locked === true;
}
