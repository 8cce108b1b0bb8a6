import { isoTime } from './calendar.js';
import type { Entry, Unit } from './documents.js';
import type { Random } from './random.js';

/** One line of the muting history that Sentinel keeps. */
export interface Muting {
  readonly muted: boolean;
  readonly date: string;
  readonly report_id: string;
}

/** The part of contacts and reports that have an info document: 1 in 5, so that `medic` stays the bulk. */
const withInfoDocument = 0.2;

/** What Sentinel writes about a document of `medic`: when it came, and which transitions have run over it. */
export function infoOf(random: Random, id: string, time: number, muting?: readonly Muting[]): Entry {
  const first = isoTime(time + random.integer(1_000, 900_000));
  return {
    database: 'medic-sentinel',
    document: {
      _id: `${id}-info`,
      type: 'info',
      doc_id: id,
      initial_replication_date: first,
      latest_replication_date: muting?.at(-1)?.date ?? first,
      ...(muting === undefined ? {} : { muting_history: muting }),
      transitions: {
        update_clinics: { last_rev: `1-${random.hex(4)}`, seq: null, ok: true },
        ...(muting === undefined ? {} : { muting: { last_rev: `2-${random.hex(4)}`, seq: null, ok: true } }),
      },
    },
  };
}

/** A unit with an info document for some of its documents; Sentinel removes those of deleted ones. */
export function withInfo(random: Random, unit: Unit): Unit {
  const infos = unit
    .filter(({ later }) => later?.at(-1)?._deleted !== true)
    .filter(() => random.chance(withInfoDocument))
    .map(({ document }) => infoOf(random, document._id, Number(document.reported_date)));
  return [...unit, ...infos];
}
