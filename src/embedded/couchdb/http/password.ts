import { pbkdf2, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import { badRequest } from '../couch-error.js';
import { members } from '../json/scan.js';
import { randomHex, type Random } from '../random.js';
import type { NewDocument } from '../store/document.js';

const derive = promisify(pbkdf2);
const prf = 'sha256';
const keyBytes = 32;
/** Far fewer than CouchDB's 600000: this server guards nothing, and tests sign in often. */
const iterations = 1000;

/** The members of a user document that tell whether a password is right, in CouchDB's names. */
export interface HashedPassword {
  readonly password_scheme?: unknown;
  readonly pbkdf2_prf?: unknown;
  readonly salt?: unknown;
  readonly iterations?: unknown;
  readonly derived_key?: unknown;
}

/** A document of `_users` without its password but with what is derived from it, as CouchDB keeps it. */
export async function withHashedPassword(document: NewDocument, random: Random): Promise<NewDocument> {
  const all = members(`{${document.body}}`);
  const password = all.find(({ key }) => key === 'password');
  if (password === undefined) return document;
  const plain = JSON.parse(password.value) as unknown;
  if (plain === null) return document;
  if (typeof plain !== 'string') throw badRequest('Password must be a string.');
  const salt = randomHex(random, 32);
  const hashed: HashedPassword = {
    password_scheme: 'pbkdf2',
    pbkdf2_prf: prf,
    salt,
    iterations,
    derived_key: (await derive(plain, salt, iterations, keyBytes, prf)).toString('hex'),
  };
  const kept = all.filter(({ key }) => key !== 'password' && !(key in hashed)).map(({ text }) => text);
  return { ...document, body: [...kept, JSON.stringify(hashed).slice(1, -1)].join(',') };
}

/** Whether a password is the one that was hashed. */
export async function isPassword(plain: string, hashed: HashedPassword): Promise<boolean> {
  const { salt, derived_key: key, iterations: rounds, pbkdf2_prf: digest = 'sha1' } = hashed;
  if (typeof salt !== 'string' || typeof key !== 'string' || typeof rounds !== 'number') return false;
  if (digest !== 'sha1' && digest !== 'sha256' && digest !== 'sha512') return false;
  const derived = await derive(plain, salt, rounds, key.length / 2, digest);
  return sameText(derived.toString('hex'), key);
}

/** Whether two texts are the same, in a time that does not tell where they differ. */
export function sameText(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)];
  return a.length === b.length && timingSafeEqual(a, b);
}
