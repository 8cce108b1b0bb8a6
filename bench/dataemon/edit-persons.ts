import { randomInt } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { steadily } from '../latency/steady-edits.js';
import { revisionsOfDocuments, Watcher } from '../measure/watcher.js';
import type { PostgresConnection } from '../../src/postgres/index.js';
import type { Database } from '../servers/couchdb.js';

/** How long an edit was on its way, in milliseconds. */
export interface EditTimes {
  /** From the moment before which the row was not committed to that at which the model was seen changed: at most so long. */
  readonly rowToModel: number;
  readonly answerToModel: number;
}

/** Between two edits, in milliseconds. */
const pauseMs = { from: 1_000, to: 3_000 };

const phonesOfPersons = 'SELECT uuid AS id, phone AS mark FROM v1.person WHERE uuid = ANY($1)';

/** Gives each person another telephone number, one person after another at random distances, and times its way. */
export async function editPersons(
  medic: Database,
  connection: PostgresConnection,
  ids: readonly string[],
): Promise<EditTimes[]> {
  return watched(connection, async (watch) => {
    const times: Promise<EditTimes>[] = [];
    for (const id of ids) {
      await sleep(pauseMs.from + Math.random() * (pauseMs.to - pauseMs.from));
      const { seen } = await edit(medic, id, watch);
      // A failure is met below.
      seen.catch(() => undefined);
      times.push(seen);
    }
    return Promise.all(times);
  });
}

/** The same, so many a second, whether those before have arrived or not. */
export async function editPersonsSteadily(
  medic: Database,
  connection: PostgresConnection,
  ids: readonly string[],
  perSecond: number,
): Promise<EditTimes[]> {
  return watched(connection, (watch) => steadily(ids, perSecond, async (id) => (await edit(medic, id, watch)).seen));
}

interface Watch {
  readonly documents: Watcher;
  readonly persons: Watcher;
}

async function watched<Result>(
  connection: PostgresConnection,
  act: (watch: Watch) => Promise<Result>,
): Promise<Result> {
  const documents = await Watcher.open(connection, revisionsOfDocuments);
  const persons = await Watcher.open(connection, phonesOfPersons);
  try {
    return await act({ documents, persons });
  } finally {
    await Promise.all([documents.close(), persons.close()]);
  }
}

/** Ends with the answer of CouchDB; `seen` with the row of the model. */
async function edit(
  medic: Database,
  id: string,
  { documents, persons }: Watch,
): Promise<{ readonly seen: Promise<EditTimes> }> {
  const phone = `+25479${String(randomInt(10_000_000)).padStart(7, '0')}`;
  const rev = await medic.put({ ...(await medic.get(id)), phone });
  const answered = performance.now();
  const seen = Promise.all([documents.expect(id, rev), persons.expect(id, phone)]).then(([row, model]) => ({
    rowToModel: model.notAfter - row.notBefore,
    answerToModel: model.notAfter - answered,
  }));
  return { seen };
}
