import { day, dateOf, year } from './calendar.js';
import { geolocation, lineageOf, person, phoneOf, place, type Contact, type Maker, type Person } from './contacts.js';
import type { Deployment } from './deployment.js';
import { medic, type Unit } from './documents.js';
import { regions } from './regions.js';
import { userOf, type User } from './users.js';

/** Areas that share a district and its supervisor. */
export const areasPerDistrict = 10;
/** Random streams: districts and areas count from these, so that none shares one. */
const firstDistrictStream = 0x4000_0000;

/** A district with its supervisor. */
export interface District extends Maker {
  readonly place: Contact;
  readonly supervisor: Person;
  readonly user: User;
  readonly unit: Unit;
}

/** What a community health worker looks after, and how she works. */
export interface Area extends Maker {
  readonly district: District;
  readonly place: Contact;
  readonly chw: Person;
  readonly chwPhone: string;
  readonly user: User;
  /** Latitude and longitude, in degrees. */
  readonly centre: readonly [number, number];
  /** When she began and, if she has given up, when; in milliseconds since the epoch. */
  readonly from: number;
  readonly to: number;
  /** The part of her tasks that she does, in a month of the sample: some months she is away. */
  readonly activity: (time: number) => number;
  readonly households: number;
  readonly unit: Unit;
}

/** The district of a number, which areas `10 n` to `10 n + 9` belong to. */
export function districtOf(deployment: Deployment, areaNumber: number): District {
  const number = Math.floor(areaNumber / areasPerDistrict);
  const random = deployment.random(firstDistrictStream + number);
  const region = regions[number % regions.length] ?? regions[0];
  const maker = { deployment, random, region };
  const reported = deployment.now - 3 * year + random.between(0, 100 * day);
  const round = Math.floor(number / regions.length);
  const name = region.districts[round % region.districts.length] ?? region.districts[0];
  const again = round < region.districts.length ? '' : ` ${Math.floor(round / region.districts.length) + 1}`;

  const id = random.uuid();
  const supervisor = adult(maker, { _id: id }, 'chw_supervisor', Math.floor(reported));
  const district = place(maker, id, {
    type: 'district_hospital',
    name: `${name}${again}`,
    reported: Math.floor(reported),
    contact: lineageOf(supervisor.document),
    more: { geolocation: geolocation(random, region.centre) },
  });
  const user = userOf(maker, {
    person: supervisor,
    facility: id,
    role: 'chw_supervisor',
    // Accounts of an office rather than a person have a place only.
    office: number % 2 === 1,
    number: areaNumber,
    withPassword: number === 0,
  });
  const unit = [medic(district), medic(supervisor.document), ...user.unit];
  return { ...maker, place: district, supervisor, user, unit };
}

/** The area of a number, with its community health worker. */
export function areaOf(district: District, number: number): Area {
  const { deployment, region } = district;
  const random = deployment.random(number);
  const maker = { deployment, random, region };
  const { now } = deployment;
  const from = now - (number > 0 && random.chance(0.15) ? random.between(40, 200) : random.between(600, 730)) * day;
  const to = number > 0 && random.chance(0.07) ? random.between(Math.max(from, now - 200 * day), now) : now;
  const reported = Math.floor(from - random.between(5, 20) * day);

  const id = random.uuid();
  const parent = { _id: id, parent: lineageOf(district.place) };
  const chw = adult(maker, parent, 'chw', reported);
  const centre = [region.centre[0] + random.between(-0.2, 0.2), region.centre[1] + random.between(-0.2, 0.2)] as const;
  const area = place(maker, id, {
    type: 'health_center',
    name: `${random.pick(region.villages)} ${random.pick(['A', 'B', 'C', 'East', 'West', 'Central'])} Area`,
    reported,
    parent: lineageOf(district.place),
    contact: lineageOf(chw.document),
    more: { is_active: to === now, ...(random.chance(0.5) ? { geolocation: geolocation(random, centre) } : {}) },
  });
  const user = userOf(maker, {
    person: chw,
    facility: id,
    role: 'chw',
    office: false,
    number,
    withPassword: number < 10,
  });

  const diligence = Math.min(0.98, 0.35 + 0.65 * Math.sqrt(random.unit()));
  const months = Array.from({ length: 26 }, () => (random.chance(0.05) ? 0.1 : random.between(0.75, 1.05)));
  return {
    ...maker,
    district,
    place: area,
    chw,
    chwPhone: String(chw.document.phone),
    user,
    centre,
    from,
    to,
    activity: (time) => diligence * (months[Math.floor((now - time) / (year / 12))] ?? 1),
    households: random.integer(25, 60),
    unit: [medic(area), medic(chw.document), ...user.unit],
  };
}

function adult(
  maker: Maker,
  parent: { _id: string; parent?: { _id: string } },
  role: 'chw' | 'chw_supervisor',
  reported: number,
): Person {
  const { random, region } = maker;
  const born = reported - random.between(24, 55) * year;
  return person(maker, {
    sex: random.chance(role === 'chw' ? 0.75 : 0.4) ? 'female' : 'male',
    born,
    reported,
    parent,
    role,
    family: random.pick(region.family),
    phone: true,
    more: { phone: phoneOf(maker), enrolled: dateOf(reported), is_active: true },
  });
}
