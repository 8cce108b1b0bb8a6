import type pg from 'pg';

/**
 * Tries to take a lock that only one session may hold, for as long as the connection lives.
 *
 * @param name - what is locked, such as `couch2pg v1.couchdb host/medic`.
 */
export async function tryLock(client: pg.ClientBase, name: string): Promise<boolean> {
  const { rows } = await client.query<{ locked: boolean }>(
    'SELECT pg_try_advisory_lock(hashtextextended($1, 0)) AS locked',
    [`cht-sync ${name}`],
  );
  return rows[0]?.locked === true;
}
