import type { TestCouchDb } from './couchdb.js';

/** Does to a database what only the embedded source can be told to do: `snapshot`, `restore`, `move-shards`. */
export async function provoke({ url, user, password }: TestCouchDb, what: string, ...path: string[]): Promise<void> {
  const authorization = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
  const answer = await fetch(`${url}/_embedded/${[what, ...path].map(encodeURIComponent).join('/')}`, {
    method: 'POST',
    headers: { authorization },
  });
  if (!answer.ok) throw new Error(`${what}: ${answer.status} ${await answer.text()}`);
}
