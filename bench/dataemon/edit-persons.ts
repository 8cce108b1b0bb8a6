import { randomInt } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
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
  const documents = await Watcher.open(connection, revisionsOfDocuments);
  const persons = await Watcher.open(connection, phonesOfPersons);
  const times: Promise<EditTimes>[] = [];
  try {
    for (const id of ids) {
      await sleep(pauseMs.from + Math.random() * (pauseMs.to - pauseMs.from));
      const phone = `+25479${String(randomInt(10_000_000)).padStart(7, '0')}`;
      const rev = await medic.put({ ...(await medic.get(id)), phone });
      const answered = performance.now();
      const seen = Promise.all([documents.expect(id, rev), persons.expect(id, phone)]);
      const time = seen.then(([row, model]) => ({
        rowToModel: model.notAfter - row.notBefore,
        answerToModel: model.notAfter - answered,
      }));
      // A failure is met below.
      time.catch(() => undefined);
      times.push(time);
    }
    return await Promise.all(times);
  } finally {
    await Promise.all([documents.close(), persons.close()]);
  }
}
