import { isoTime } from './calendar.js';
import type { Entry } from './documents.js';
import type { Using } from './telemetry.js';

const errors: readonly [readonly [string, string], ...(readonly [string, string])[]] = [
  ['Failed to fetch', 'TypeError: Failed to fetch'],
  ["Cannot read properties of undefined (reading 'contact')", 'TypeError in contacts-content.component'],
  ['Error saving report', 'QuotaExceededError: encountered a full disk'],
  ['Timeout waiting for replication', 'replication:medic:from'],
];

/**
 * What the app or its user reports as wrong. `info` has been a text and an object.
 *
 * @param time - milliseconds since the epoch.
 */
export function feedback({ random, user }: Using, time: number, plain: boolean): Entry {
  const [message, cause] = random.pick(errors);
  const manual = plain && random.chance(0.5);
  return {
    database: 'medic-users-meta',
    document: {
      _id: `feedback-${isoTime(time)}-${random.uuid()}`,
      type: 'feedback',
      meta: {
        source: manual ? 'manual' : 'automatic',
        url: random.pick([
          'https://cht.example.org/#/contacts',
          'https://cht.example.org/#/reports/add/assessment',
          'https://cht.example.org/#/tasks',
        ]),
        user: { name: user.name },
        time: isoTime(time),
        version: '4.15.0',
        deviceId: user.deviceId,
        language: { code: 'en' },
      },
      info: plain ? (manual ? 'The list of tasks stays empty' : message) : { cause, message },
      log: [{ level: 'error', arguments: message, time: isoTime(time - 20) }],
    },
  };
}
