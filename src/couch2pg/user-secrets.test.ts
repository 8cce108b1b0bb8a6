import { expect, test } from 'vitest';
import { withoutUserSecrets } from './user-secrets.js';

const user = {
  _id: 'org.couchdb.user:jane',
  _rev: '1-a',
  name: 'jane',
  roles: ['chw'],
  type: 'user',
  password_scheme: 'pbkdf2',
  pbkdf2_prf: 'sha256',
  salt: 's',
  iterations: 10,
  derived_key: 'k',
};
const document = (body: { _id: string }) => ({
  id: body._id,
  rev: '1-a',
  deleted: false,
  text: Buffer.from(JSON.stringify(body)),
});

test('a user document loses its secrets, in whatever database it is, and nothing else', () => {
  for (const database of ['_users', 'medic']) {
    expect(JSON.parse(withoutUserSecrets(database, document(user)).toString())).toEqual({
      _id: 'org.couchdb.user:jane',
      _rev: '1-a',
      name: 'jane',
      roles: ['chw'],
      type: 'user',
    });
  }
});

test('a secret whose key is written with escapes is found, too', () => {
  const text = Buffer.from(String.raw`{"_id":"org.couchdb.user:x","s\u0061lt":"grain","name":"x"}`);
  const stripped = withoutUserSecrets('_users', { id: 'org.couchdb.user:x', rev: '1-a', deleted: false, text });
  expect(stripped.toString()).toBe('{"_id":"org.couchdb.user:x","name":"x"}');
});

test('other documents pass as they are, with a field named salt', () => {
  const soup = document({ _id: 'soup', salt: 'a pinch' } as { _id: string });
  expect(withoutUserSecrets('medic', soup)).toBe(soup.text);
});
