import { isMembers, membersIn, type Members } from './asset.js';

const telling = /password|passwd|secret|token|private_?key|credentials|api_?key/i;
const hidden = 'XXXXXXXXXX';

/**
 * Takes secrets out of a connection that is the user's own. Superset hides the password in the address; what people put
 * elsewhere in it, it does not. Changes what it is given.
 */
export function withoutSecrets(database: Members): void {
  delete database.password;
  delete database.encrypted_extra;
  delete database.masked_encrypted_extra;
  if (typeof database.sqlalchemy_uri === 'string')
    database.sqlalchemy_uri = withoutSecretsInUri(database.sqlalchemy_uri);
  hideIn(membersIn(database, 'extra'));
  hideIn(membersIn(database, 'ssh_tunnel'));
}

function withoutSecretsInUri(uri: string): string {
  return uri
    .replace(/^([^:]+:\/\/[^:@/]*):[^@/]*@/, `$1:${hidden}@`)
    .replaceAll(/([?&])([^=&#]*)=([^&#]*)/g, (whole, before: string, name: string) =>
      telling.test(name) ? `${before}${name}=${hidden}` : whole,
    );
}

function hideIn(members: Members): void {
  for (const [name, value] of Object.entries(members)) {
    if (telling.test(name) && value !== null) members[name] = hidden;
    else if (isMembers(value)) hideIn(value);
    else if (Array.isArray(value)) value.filter(isMembers).forEach(hideIn);
  }
}
