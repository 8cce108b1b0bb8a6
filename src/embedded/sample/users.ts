import type { Maker, Person } from './contacts.js';
import type { SampleDocument, Unit } from './documents.js';

/** Someone who signs in to the CHT. */
export interface User {
  readonly name: string;
  readonly deviceId: string;
  /** The account of `_users` and the settings of the same id in `medic`. */
  readonly unit: Unit;
}

/** What a user is made from. */
export interface UserTraits {
  readonly person: Person;
  /** The id of the place that the user looks after. */
  readonly facility: string;
  readonly role: 'chw' | 'chw_supervisor';
  /** Whether the account belongs to a place rather than a person. */
  readonly office: boolean;
  /** Makes the name unique. */
  readonly number: number;
  /** CouchDB takes up to half a second to hash one, so only a few accounts get a password; the others cannot sign in. */
  readonly withPassword: boolean;
}

/** A user: the document of `_users` that CouchDB signs in with, and CHT's `user-settings`. */
export function userOf({ random, region }: Maker, traits: UserTraits): User {
  const { person, role, facility } = traits;
  const plain = person.document.name
    .normalize('NFD')
    .toLowerCase()
    .replace(/[^a-z ]/gu, '');
  const name = `${plain.replaceAll(' ', '_')}_${role === 'chw' ? 'chw' : 'sup'}${traits.number + 1}`;
  const _id = `org.couchdb.user:${name}`;
  const settings: SampleDocument = {
    _id,
    name,
    type: 'user-settings',
    roles: [role],
    facility_id: facility,
    ...(traits.office ? {} : { contact_id: person.document._id }),
    language: random.chance(0.7) ? region.language : 'en',
    known: true,
    fullname: person.document.name,
    phone: person.document.phone,
  };
  const account: SampleDocument = {
    _id,
    name,
    type: 'user',
    roles: [role],
    facility_id: facility,
    ...(traits.office ? {} : { contact_id: person.document._id }),
    ...(traits.withPassword ? { password: `Sample-${random.hex(2)}` } : {}),
  };
  return {
    name,
    deviceId: random.uuid(),
    unit: [
      { database: 'medic', document: settings },
      { database: '_users', document: account },
    ],
  };
}
