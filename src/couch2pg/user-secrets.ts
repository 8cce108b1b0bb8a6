import { withoutMembers, type ChangedDocument } from '../couchdb/index.js';

/** What CouchDB keeps of a user's password. https://docs.couchdb.org/en/stable/intro/security.html#users-documents */
const secrets: ReadonlySet<string> = new Set([
  'password',
  'password_scheme',
  'password_sha',
  'derived_key',
  'salt',
  'iterations',
  'pbkdf2_prf',
  'simple',
  'totp',
]);

const userPrefix = 'org.couchdb.user:';
const usersDatabase = '_users';

/** The document's JSON without the secrets of a user document; other documents stay as they are. */
export function withoutUserSecrets(database: string, document: ChangedDocument): Buffer {
  const mayBeUser = document.id.startsWith(userPrefix) || (database === usersDatabase && !document.id.startsWith('_'));
  return mayBeUser ? withoutMembers(document.text, secrets) : document.text;
}
