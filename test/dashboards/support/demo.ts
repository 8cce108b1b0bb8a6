import { join } from 'node:path';
import { randomBytes } from 'node:crypto';
import { writeSample } from '../../../bench/dashboards/write-sample.js';
import { DataemonBench, until } from '../../dataemon/support/dataemon-bench.js';

const repository = join(import.meta.dirname, '../../..');

/** A database with the demonstration's documents and the models that a real dataemon has made of them. */
export interface Demo extends AsyncDisposable {
  readonly bench: DataemonBench;
  /** A role that may read the given tables and views, and nothing else. */
  reader(relations: readonly string[]): Promise<{ user: string; password: string }>;
}

/** Makes one. */
export async function openDemo(documents: number): Promise<Demo> {
  const bench = await DataemonBench.open();
  const { pool } = bench;
  const roles: string[] = [];
  const close = async () => {
    for (const role of roles) await pool.query(`DROP OWNED BY ${role}; DROP ROLE ${role}`);
    await bench[Symbol.asyncDispose]();
  };
  try {
    await writeSample(pool, { documents, now: new Date() });
    const dataemon = bench.start({ kind: 'bundled', path: join(repository, 'pipeline') }, { threads: 2 });
    const [row] = await bench.rows<{ watermark: string }>(
      `SELECT to_char(max(saved_timestamp), 'YYYY-MM-DD"T"HH24:MI:SS.US') AS watermark FROM v1.couchdb`,
    );
    const upToDate = () => {
      const { error, upToDateWith } = dataemon.status();
      if (error !== null) throw new Error(error.message);
      return upToDateWith === row?.watermark;
    };
    await until(upToDate, 'the models', 240_000);
    await dataemon.stop();
    await pool.query('ANALYZE');
  } catch (error) {
    await close();
    throw error;
  }
  return {
    bench,
    reader: async (relations) => {
      const [user, password] = [`reader_${randomBytes(4).toString('hex')}`, randomBytes(12).toString('hex')];
      roles.push(user);
      const tables = relations.map((name) => `v1."${name}"`).join(', ');
      await pool.query(
        `CREATE ROLE ${user} LOGIN PASSWORD '${password}'; GRANT USAGE ON SCHEMA v1 TO ${user}; GRANT SELECT ON ${tables} TO ${user}`,
      );
      return { user, password };
    },
    [Symbol.asyncDispose]: close,
  };
}
