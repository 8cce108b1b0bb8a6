/** What CouchDB keeps of a user's password. https://docs.couchdb.org/en/stable/intro/security.html#users-documents */
export const userSecrets: readonly string[] = [
  'password',
  'password_scheme',
  'password_sha',
  'derived_key',
  'salt',
  'iterations',
  'pbkdf2_prf',
  'simple',
  'totp',
];

/** What the ids of documents of users begin with. */
export const userPrefix = 'org.couchdb.user:';
