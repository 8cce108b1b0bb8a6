import { randomBytes } from 'node:crypto';
import type { TestDatabase } from './database.js';

/** A role of a test's own, with a password that stands nowhere else. */
export interface TestRole extends AsyncDisposable {
  readonly user: string;
  readonly password: string;
}

/** Makes a role that may do nothing but sign in. It is gone before the database is, so dispose of it first. */
export async function createTestRole({ pool }: TestDatabase): Promise<TestRole> {
  const user = `role_${randomBytes(6).toString('hex')}`;
  const password = randomBytes(16).toString('hex');
  await pool.query(`CREATE ROLE ${user} LOGIN PASSWORD '${password}'`);
  return {
    user,
    password,
    [Symbol.asyncDispose]: async () => {
      await pool.query(`REASSIGN OWNED BY ${user} TO CURRENT_USER`);
      await pool.query(`DROP OWNED BY ${user}`);
      await pool.query(`DROP ROLE ${user}`);
    },
  };
}

/** Lets a role have the database as its own, as the role of a deployment does. */
export async function giveDatabase({ pool, connection }: TestDatabase, { user }: TestRole): Promise<void> {
  await pool.query(`ALTER DATABASE ${connection.database} OWNER TO ${user}`);
}
