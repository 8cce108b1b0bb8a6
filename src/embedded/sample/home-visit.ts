import type { Area } from './area.js';
import { week, workingTime } from './calendar.js';
import type { Contact, Person } from './contacts.js';
import { medic, type SampleDocument } from './documents.js';
import type { Happening } from './pregnancy.js';
import { report } from './reports.js';

/** The visits to a household between two times: one about every seven weeks of full activity. */
export function homeVisits(
  area: Area,
  household: Contact,
  members: readonly Person[],
  from: number,
  to: number,
): Happening[] {
  const { random } = area;
  const happenings: Happening[] = [];
  for (let at = from; ;) {
    at += random.between(5, 9) * week;
    if (at >= to) return happenings;
    const time = workingTime(random, at);
    if (!random.chance(area.activity(time))) continue;
    happenings.push({ time, unit: [medic(homeVisit(area, household, members, time, false))] });
  }
}

/** One visit to a household; the members who were seen are a repeat. */
export function homeVisit(
  area: Area,
  household: Contact,
  members: readonly Person[],
  time: number,
  movedAway: boolean,
): SampleDocument {
  const { random } = area;
  const there = members.filter(({ document }) => document.reported_date <= time);
  const seen = movedAway ? [] : there.filter(() => random.chance(0.6));
  const places = random.integer(1, 4);
  return report(area, {
    form: 'home_visit',
    reported: time,
    about: household,
    task: random.chance(0.5),
    fields: {
      household: { members: there.length, members_seen: seen.length, moved_away: movedAway ? 'yes' : 'no' },
      members: seen.map(({ document: { _id, name } }) => ({ person_uuid: _id, name, well: random.yes(0.92) })),
      wash: {
        latrine: random.yes(0.7),
        handwashing: random.yes(0.5),
        water_source: random.pick(['borehole', 'piped', 'protected_well', 'river', 'rain']),
      },
      nets: { sleeping_places: places, nets: random.integer(0, places) },
      topics: random.pick(['hygiene', 'nutrition', 'immunization', 'malaria hygiene', 'family_planning nutrition']),
      insured: random.yes(0.35),
    },
  });
}
