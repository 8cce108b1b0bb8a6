import { setTimeout as pause } from 'node:timers/promises';
import type pg from 'pg';
import type { ForkedDbt } from '../../support/dbt.js';
import type { Interruption } from './steps.js';

/** Interrupts runs of dbt in the middle of what they do. */
export interface Trap {
  /** Starts a run, and interrupts it at that statement, if it comes so far. */
  spring(interruption: Interruption, start: () => Promise<ForkedDbt>): Promise<void>;
}

const lock = 4711;

/**
 * Sets it: each statement of dbt's that creates, alters or drops something, and each that writes to a watermark or a model,
 * counts by a sequence, which no rollback takes back. At the one that is asked for, the session ends itself, or waits for a
 * lock until its process has been killed.
 */
export async function setTrap(pool: pg.Pool): Promise<Trap> {
  await pool.query(`
    CREATE SCHEMA trap;
    CREATE SEQUENCE trap.statement;
    CREATE TABLE trap.armed (statement integer, how text);
    CREATE FUNCTION trap.count() RETURNS void LANGUAGE plpgsql AS $$
    DECLARE armed trap.armed;
    BEGIN
      IF current_setting('application_name') <> 'cht-sync-dbt' THEN RETURN; END IF;
      SELECT * INTO armed FROM trap.armed;
      IF armed.statement IS NULL OR nextval('trap.statement') <> armed.statement THEN RETURN; END IF;
      IF armed.how = 'terminate' THEN PERFORM pg_terminate_backend(pg_backend_pid());
      ELSE PERFORM pg_advisory_xact_lock(${lock}); END IF;
    END $$;
    CREATE FUNCTION trap.at_write() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM trap.count(); RETURN NULL; END $$;
    CREATE FUNCTION trap.at_definition() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM trap.count(); END $$;
    CREATE EVENT TRIGGER trap ON ddl_command_end EXECUTE FUNCTION trap.at_definition();`);

  async function arm({ statement, how }: Interruption): Promise<void> {
    await pool.query(`
      DO $$ DECLARE relation regclass; BEGIN
        FOR relation IN
          SELECT oid FROM pg_class WHERE relkind = 'r' AND relnamespace = 'v1'::regnamespace AND relname NOT LIKE 'couchdb%'
        LOOP
          EXECUTE format('CREATE OR REPLACE TRIGGER trap AFTER INSERT OR UPDATE OR DELETE ON %s
            FOR EACH STATEMENT EXECUTE FUNCTION trap.at_write()', relation);
        END LOOP;
      END $$`);
    await pool.query('ALTER SEQUENCE trap.statement RESTART');
    await pool.query('INSERT INTO trap.armed VALUES ($1, $2)', [statement, how]);
  }

  async function killWhenCaught(pid: number, isOver: () => boolean): Promise<void> {
    while (!isOver()) {
      const { rowCount } = await pool.query(
        `SELECT FROM pg_locks WHERE locktype = 'advisory' AND objid = ${lock} AND NOT granted
         AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
      );
      if (rowCount !== 0) {
        process.kill(pid, 'SIGKILL');
        return;
      }
      await pause(5);
    }
  }

  return {
    spring: async (interruption, start) => {
      await arm(interruption);
      const holder = await pool.connect();
      try {
        await holder.query('SELECT pg_advisory_lock($1)', [lock]);
        const { pid, outcome } = await start();
        let isOver = false;
        const running = outcome.finally(() => (isOver = true));
        await Promise.all([running, interruption.how === 'kill' ? killWhenCaught(pid, () => isOver) : undefined]);
      } finally {
        // Not TRUNCATE, which would wait for those who have read it.
        await pool.query('DELETE FROM trap.armed');
        // What the killed process has left goes on now, finds that nobody listens, and is rolled back.
        await holder.query('SELECT pg_advisory_unlock($1)', [lock]);
        holder.release();
      }
    },
  };
}
