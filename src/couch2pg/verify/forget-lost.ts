import { classified, forgetParked, listParked, nextWatermark, type Parked } from '../../postgres/index.js';
import type { ComparedSource } from './compared-source.js';
import { Patience } from './patience.js';

const lookedAtOnce = 500;

/**
 * Forgets parked revisions that do not win in CouchDB any more, because their documents were purged or an older copy of the
 * database is in its place: no change of the feed would end them, and tried again one might come back to the table.
 *
 * @throws SyncError COUCHDB_*, POSTGRES_*.
 */
export async function forgetLostRevisions(options: ComparedSource): Promise<void> {
  const { database, pool, names, source, signal } = options;
  const patience = new Patience(options);
  const doing = `forgetting what is parked of ${source}`;
  // Read first: what is parked later is not judged by what CouchDB says now.
  const parked = await patience.ask(() => classified(doing, listParked(pool, names, { source })));
  for (let at = 0; at < parked.length; at += lookedAtOnce) {
    const some = parked.slice(at, at + lookedAtOnce);
    const ids = some.map(({ id }) => id);
    const winning = await patience.ask(() => database.revisionsOf(ids, signal));
    const lost = some.filter(({ id, rev }) => winning.get(id)?.rev !== rev);
    if (lost.length > 0) await patience.ask(() => classified(doing, forget(options, lost)));
  }
}

/** Under the lock that orders all writers: whoever tries one of them again has then either written it or not begun. */
async function forget({ pool, names, source }: ComparedSource, lost: readonly Parked[]): Promise<void> {
  const client = await pool.connect();
  try {
    await client.query('BEGIN');
    await nextWatermark(client, names, 0);
    await forgetParked(client, names, source, lost);
    await client.query('COMMIT');
    client.release();
  } catch (error) {
    client.release(true);
    throw error;
  }
}
