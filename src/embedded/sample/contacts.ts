import { dateOf, year } from './calendar.js';
import type { Deployment } from './deployment.js';
import type { Lineage, SampleDocument } from './documents.js';
import type { Random } from './random.js';
import type { Region } from './regions.js';

/** A document of a place or a person: every contact has these. */
export interface Contact extends SampleDocument {
  readonly name: string;
  readonly parent?: Lineage;
  /** Milliseconds since the epoch. */
  readonly reported_date: number;
}

/** A person's document, and what stories need to know. */
export interface Person {
  readonly document: Contact & { readonly patient_id: string };
  readonly sex: 'female' | 'male';
  /** Milliseconds since the epoch. */
  readonly born: number;
}

/** What a person is made from. */
export interface PersonTraits {
  readonly sex: 'female' | 'male';
  /** Milliseconds since the epoch. */
  readonly born: number;
  /** Milliseconds since the epoch. */
  readonly reported: number;
  readonly parent: Lineage;
  readonly role: 'patient' | 'chw' | 'chw_supervisor' | 'volunteer';
  readonly family: string;
  readonly phone: boolean;
  readonly more?: Readonly<Record<string, unknown>>;
}

/** Who makes contacts: the region gives them their names. */
export interface Maker {
  readonly deployment: Deployment;
  readonly random: Random;
  readonly region: Region;
}

/** A contact with the places above it. */
export function lineageOf(contact: { readonly _id: string; readonly parent?: Lineage }): Lineage {
  return contact.parent === undefined ? { _id: contact._id } : { _id: contact._id, parent: contact.parent };
}

/** A telephone number of the region. */
export function phoneOf({ random, region }: Maker): string {
  return region.phone.prefix + random.digits(region.phone.digits);
}

/** A person: of type `person`, or for a volunteer of the configured type `c82_person`. */
export function person(maker: Maker, traits: PersonTraits): Person {
  const { random, region, deployment } = maker;
  const given = random.pick(traits.sex === 'female' ? region.female : region.male);
  const configured = traits.role === 'volunteer';
  return {
    sex: traits.sex,
    born: traits.born,
    document: {
      _id: random.uuid(),
      type: configured ? 'contact' : 'person',
      ...(configured ? { contact_type: 'c82_person' } : {}),
      name: `${given} ${traits.family}`,
      short_name: given,
      date_of_birth: dateOf(traits.born),
      sex: traits.sex,
      phone: traits.phone ? phoneOf(maker) : '',
      ...(traits.phone && random.chance(0.15) ? { alternative_phone: phoneOf(maker) } : {}),
      role: traits.role,
      patient_id: deployment.shortId(),
      notes: random.chance(0.03) ? random.pick(notes) : '',
      parent: traits.parent,
      reported_date: traits.reported,
      ...traits.more,
    },
  };
}

/** What a place is made from. */
export interface PlaceTraits {
  readonly type: 'district_hospital' | 'health_center' | 'clinic' | 'c60_school';
  readonly name: string;
  readonly reported: number;
  readonly parent?: Lineage;
  /** Its primary contact. */
  readonly contact?: Lineage;
  readonly more?: Readonly<Record<string, unknown>>;
}

/** A place: of one of the three types every CHT has, or of the configured type `c60_school`. */
export function place({ deployment, random }: Maker, id: string, traits: PlaceTraits): Contact & { place_id: string } {
  const configured = traits.type === 'c60_school';
  return {
    _id: id,
    type: configured ? 'contact' : traits.type,
    ...(configured ? { contact_type: traits.type } : {}),
    name: traits.name,
    place_id: deployment.shortId(),
    external_id: random.chance(0.05) ? `HH-${random.digits(6)}` : '',
    notes: random.chance(0.03) ? random.pick(notes) : '',
    ...(traits.contact === undefined ? {} : { contact: traits.contact }),
    ...(traits.parent === undefined ? {} : { parent: traits.parent }),
    reported_date: traits.reported,
    ...traits.more,
  };
}

/** A person's age at a time, in years. */
export function ageOf({ born }: { readonly born: number }, time: number): number {
  return (time - born) / year;
}

/** Where a phone says it is, as CHT writes it down: sometimes it does not know. */
export function geolocation(random: Random, [latitude, longitude]: readonly [number, number]): object {
  if (random.chance(0.1)) return { code: 3, message: 'Timeout expired' };
  return {
    latitude: round(latitude + random.between(-0.004, 0.004)),
    longitude: round(longitude + random.between(-0.004, 0.004)),
    altitude: random.chance(0.5) ? random.integer(300, 1900) : null,
    accuracy: round(random.between(3, 40)),
    altitudeAccuracy: null,
    heading: null,
    speed: null,
  };
}

function round(value: number): number {
  return Math.round(value * 1e6) / 1e6;
}

const notes: readonly [string, ...string[]] = [
  'Behind the primary school',
  'Blue gate next to the borehole',
  'Moves to the farm in the rainy season',
  'Prefers visits after market day',
  'Speaks little of the official language;\nask for the eldest daughter',
];
