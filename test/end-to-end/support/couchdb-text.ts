import type { TestCouchDatabase, TestCouchDb } from '../../support/couchdb.js';

/** A document as CouchDB has it. */
export type CouchDocument = Readonly<Record<string, unknown>> & {
  readonly _id: string;
  readonly _rev: string;
  readonly _deleted?: boolean;
};

/** Asks CouchDB; the body is sent as it is. Says status and text of the answer. */
export async function askCouchDb(
  { url, user, password }: TestCouchDb,
  method: string,
  path: string,
  body?: string,
): Promise<{ readonly status: number; readonly text: string }> {
  const authorization = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
  const response = await fetch(`${url}${path}`, {
    method,
    headers: { authorization, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body }),
  });
  return { status: response.status, text: await response.text() };
}

/** Parses JSON without rounding: a whole number of 16 digits or more becomes the text `#<digits>`. */
export function parseExactly(json: string): unknown {
  return JSON.parse(json.replaceAll(/(?<=[:[,]\s?)-?\d{16,}(?=\s?[,}\]])/g, '"#$&"'));
}

/** The winning revision of every document of a database, tombstones too, by id. */
export async function winners(couchdb: TestCouchDb, { name }: TestCouchDatabase): Promise<Map<string, CouchDocument>> {
  const get = async (path: string) => parseExactly((await askCouchDb(couchdb, 'GET', `/${name}${path}`)).text);
  const { rows } = (await get('/_all_docs?include_docs=true')) as { rows: { doc: CouchDocument }[] };
  const { results } = (await get('/_changes?include_docs=true')) as {
    results: { deleted?: boolean; doc: CouchDocument }[];
  };
  const tombstones = results.filter(({ deleted }) => deleted === true);
  return new Map([...rows, ...tombstones].map(({ doc }) => [doc._id, doc]));
}
