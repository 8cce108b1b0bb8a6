import { join } from 'node:path';
import { makeReader } from '../../../src/cli/start/reader.js';
import { systemClock } from '../../../src/lib/index.js';
import { writeSample } from '../../../bench/dashboards/write-sample.js';
import { DataemonBench, until } from '../../dataemon/support/dataemon-bench.js';

const repository = join(import.meta.dirname, '../../..');

/** A database with the demonstration's documents and the models that a real dataemon has made of them. */
export interface Demo extends AsyncDisposable {
  readonly bench: DataemonBench;
  /** The role that the demonstration's Superset reads it as. */
  readonly reader: { readonly user: string; readonly password: string };
}

/** Makes one. */
export async function openDemo(documents: number): Promise<Demo> {
  const bench = await DataemonBench.open();
  const { pool } = bench;
  let reader: Demo['reader'] | undefined;
  const close = async () => {
    if (reader !== undefined) await pool.query(`DROP OWNED BY ${reader.user}; DROP ROLE ${reader.user}`);
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
    reader = await makeReader({
      connection: bench.database.connection,
      place: { rawSchema: 'v1', schema: 'v1', table: 'couchdb' },
      dataFolder: bench.folder,
      clock: systemClock,
    });
  } catch (error) {
    await close();
    throw error;
  }
  return { bench, reader, [Symbol.asyncDispose]: close };
}
