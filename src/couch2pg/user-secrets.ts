import { withoutMembers, type ChangedDocument } from '../couchdb/index.js';
import { userPrefix, userSecrets } from '../lib/index.js';

const secrets: ReadonlySet<string> = new Set(userSecrets);
const usersDatabase = '_users';

/** The document's JSON without the secrets of a user document; other documents stay as they are. */
export function withoutUserSecrets(database: string, document: ChangedDocument): Buffer {
  const mayBeUser = document.id.startsWith(userPrefix) || (database === usersDatabase && !document.id.startsWith('_'));
  return mayBeUser ? withoutMembers(document.text, secrets) : document.text;
}
