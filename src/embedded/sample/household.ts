import type { Area } from './area.js';
import { day, isoTime, year } from './calendar.js';
import { assessment, assessments } from './child-health.js';
import { geolocation, lineageOf, person, place, type Contact, type Person } from './contacts.js';
import { medic, type Unit } from './documents.js';
import { edited, lived } from './history.js';
import { homeVisit, homeVisits } from './home-visit.js';
import { fertile, pregnancy, type Happening } from './pregnancy.js';
import { infoOf, withInfo } from './sentinel.js';

/** A household and everyone in it when it was registered. */
export interface Household {
  readonly place: Contact;
  readonly members: readonly [Person, ...Person[]];
  readonly mother: Person | undefined;
  readonly registered: number;
}

/** Pregnancies of a woman in a year. */
const pregnanciesPerYear = 0.24;

/**
 * Registers a household of three to seven: a head, mostly a couple, children who are at least 16 years younger than
 * their mother, now and then a grandparent.
 *
 * @param registered - milliseconds since the epoch.
 */
export function household(area: Area, registered: number, ofMother?: number): Household {
  const { random, region } = area;
  const id = random.uuid();
  const family = random.pick(region.family);
  const parent = { _id: id, parent: lineageOf(area.place) };
  const one = (sex: 'female' | 'male', age: number, phone: boolean): Person =>
    person(area, {
      sex,
      born: registered - age * year,
      reported: registered + random.integer(1, 40) * 60_000,
      parent,
      role: 'patient',
      family,
      phone,
    });

  const age = ofMother ?? random.between(18, 46);
  const mother = ofMother !== undefined || random.chance(0.93) ? one('female', age, random.chance(0.5)) : undefined;
  const father =
    mother === undefined || random.chance(0.78) ? one('male', age + random.between(-2, 12), true) : undefined;
  const adults = [father, mother].filter((someone) => someone !== undefined);
  const head = adults[0] ?? one('female', age, true);
  const size = random.integer(3, 7);
  const grandparent = random.chance(0.18)
    ? [one(random.chance(0.6) ? 'female' : 'male', age + random.between(20, 35), false)]
    : [];
  const children: Person[] = [];
  while (adults.length + grandparent.length + children.length < size) {
    const oldest = Math.max(0.5, Math.min(17.5, age - 16.5));
    // Young children are the commonest.
    children.push(one(random.chance(0.5) ? 'female' : 'male', 0.1 + oldest * random.unit() ** 1.3, false));
  }
  const members: [Person, ...Person[]] = [head, ...adults.slice(1), ...grandparent, ...children];
  const clinic = place(area, id, {
    type: 'clinic',
    name: `${family} Household`,
    reported: registered,
    parent: lineageOf(area.place),
    contact: lineageOf(head.document),
    more: random.chance(0.25) ? { geolocation: geolocation(random, area.centre) } : {},
  });
  return { place: clinic, members, mother, registered };
}

/** A household's documents over its time: first the contacts as one unit, then what is reported, oldest first. */
export function* lifeOf(area: Area, home: Household): Generator<Unit> {
  const { random, deployment } = area;
  const end = Math.min(area.to, deployment.now);
  const leaves = random.chance(0.02) ? Math.floor(random.between(home.registered, end)) : end;
  // A household that moves away is muted: the second revision of its document.
  const muted = { ...home.place, muted: isoTime(leaves), is_active: false };
  const place = leaves === end ? medic(home.place) : medic(home.place, [muted]);
  const contacts = [place, ...home.members.map(({ document }) => lived(random, medic(document)))];
  if (leaves === end) yield withInfo(random, contacts);
  else yield contacts;

  const happenings: Happening[] = homeVisits(area, home.place, home.members, home.registered, leaves);
  for (const member of home.members) {
    happenings.push(...assessments(area, member, home.registered, leaves));
    let lmp = home.registered - 200 * day;
    while (member.sex === 'female') {
      lmp += (-Math.log(1 - random.unit()) / pregnanciesPerYear) * year;
      if (lmp >= leaves) break;
      // Between two pregnancies lies a birth and some months.
      if (!fertile(member, lmp) || !random.chance(Math.min(1, area.activity(lmp) * 1.3))) continue;
      const told = pregnancy(area, { household: home.place, mother: member, lmp, thorough: false });
      if ((told[0]?.time ?? 0) > home.registered) happenings.push(...told);
      lmp += 500 * day;
    }
  }
  happenings.sort((one, other) => one.time - other.time);
  for (const { time, unit } of happenings) {
    if (time <= home.registered) continue;
    if (time > leaves) break;
    yield withInfo(
      random,
      unit.map((entry) => lived(random, entry)),
    );
  }
  if (leaves < end) yield farewell(area, home, leaves);
}

/** What is written when a household has moved away: the report that says so, and Sentinel's note of the muting. */
export function farewell(area: Area, home: Household, time: number): Unit {
  const told = homeVisit(area, home.place, home.members, time, true);
  const muting = { muted: true, date: isoTime(time), report_id: told._id };
  return [medic(told), infoOf(area.random, home.place._id, home.registered, [muting])];
}

/**
 * The household that is there in every sample, however small: a mother of 26 whose pregnancy of more than a year ago has
 * all its visits, and a sick child.
 */
export function* thoroughHousehold(area: Area): Generator<Unit> {
  const { random, deployment } = area;
  const registered = Math.floor(deployment.now - 560 * day);
  const home = household(area, registered, 26.4);
  const [head] = home.members;
  const mother = home.mother ?? head;
  yield [
    medic(home.place),
    ...home.members.map(({ document }) => medic(document)),
    infoOf(random, head.document._id, registered),
  ];

  const told = pregnancy(area, { household: home.place, mother, lmp: deployment.now - 480 * day, thorough: true });
  for (const { unit } of told) yield unit;
  const baby = told.flatMap(({ unit }) => unit).find(({ document }) => document.type === 'person');
  if (baby !== undefined) {
    const { date_of_birth, sex } = baby.document as Person['document'];
    const born = Date.parse(String(date_of_birth));
    const child = { document: baby.document as Person['document'], sex: sex as Person['sex'], born };
    const { unit } = assessment(area, child, Math.floor(deployment.now - 20 * day), 'fever');
    yield [...unit, ...unit.map(({ document }) => infoOf(random, document._id, deployment.now - 20 * day))];
  }
  const visit = homeVisit(area, home.place, home.members, Math.floor(deployment.now - 2 * day), false);
  yield [edited(medic(visit), { verified: true, verified_date: Math.floor(deployment.now - day) })];
}
