import type pg from 'pg';
import { classified } from '../../postgres/index.js';
import type { Tables } from './tables.js';

/** A document as a survey sees it. */
export interface SurveyedDocument {
  readonly key: string;
  readonly type: string | null;
  readonly form: string | null;
  readonly contact_type: string | null;
  /** Of a report its fields, of a contact the whole document. */
  readonly body: unknown;
}

interface Row extends Omit<SurveyedDocument, 'body'> {
  readonly body: string | null;
}

/** Documents in one answer of PostgreSQL. */
const atOnce = 100;
/** In bytes as stored: larger documents hold photographs or the like, and would have to be held whole. */
const largest = 500_000;
/** Documents that are looked at where no model lists them by form. */
const mostWithoutListing = 40_000;

/** The types that CHT gives to contacts; others are of type `contact` and have a `contact_type`. */
export const contactTypes = ['contact', 'clinic', 'district_hospital', 'health_center', 'person'];

const surveyed = `
  _id AS key, doc ->> 'type' AS type, doc ->> 'form' AS form, doc ->> 'contact_type' AS contact_type,
  CASE doc ->> 'type' WHEN 'data_record' THEN doc -> 'fields' ELSE doc END::text AS body`;
const isWanted = `_deleted IS NOT TRUE AND pg_column_size(doc) < ${largest}`;

/** The documents of these keys, a few at a time. */
export async function* documentsOf(
  client: pg.ClientBase,
  { documents }: Tables,
  keys: readonly string[],
): AsyncGenerator<SurveyedDocument> {
  for (let start = 0; start < keys.length; start += atOnce) {
    const { rows } = await classified(
      `reading ${documents}`,
      client.query<Row>(`SELECT ${surveyed} FROM ${documents} WHERE _id = ANY ($1) AND ${isWanted}`, [
        keys.slice(start, start + atOnce),
      ]),
    );
    yield* rows.map(parsed);
  }
}

/** Reports and contacts from pages of the table that are picked at random, the same each time. */
export async function* sampledDocuments(
  client: pg.ClientBase,
  { documents, canBeSampled }: Tables,
): AsyncGenerator<SurveyedDocument> {
  const share = canBeSampled ? await shareToSample(client, documents) : 100;
  const sample = share >= 100 ? '' : `TABLESAMPLE SYSTEM (${share}) REPEATABLE (1)`;
  await classified(
    `picking documents of ${documents}`,
    client.query(
      `DECLARE sampled NO SCROLL CURSOR FOR
       SELECT ${surveyed} FROM ${documents} ${sample}
       WHERE ${isWanted} AND (doc ->> 'type') IN (${['data_record', ...contactTypes].map((type) => `'${type}'`).join(', ')})
       LIMIT ${mostWithoutListing}`,
    ),
  );
  for (;;) {
    const { rows } = await classified(`reading ${documents}`, client.query<Row>(`FETCH ${atOnce} FROM sampled`));
    if (rows.length === 0) break;
    yield* rows.map(parsed);
  }
  await client.query('CLOSE sampled');
}

/** In per cent of its pages. */
async function shareToSample(client: pg.ClientBase, documents: string): Promise<number> {
  const { rows } = await classified(
    `estimating the size of ${documents}`,
    client.query<{ tuples: number; pages: number }>(
      `SELECT reltuples::float8 AS tuples, (pg_relation_size(oid) / current_setting('block_size')::integer)::float8 AS pages
       FROM pg_class WHERE oid = $1::regclass`,
      [documents],
    ),
  );
  const { tuples, pages } = rows[0] ?? { tuples: 0, pages: 0 };
  // A page holds about five documents of a kilobyte, where it was never counted.
  const estimate = Math.max(tuples, 5 * pages, 1);
  return Math.max(0.0001, Math.min(100, (100 * mostWithoutListing) / estimate));
}

function parsed({ body, ...row }: Row): SurveyedDocument {
  return { ...row, body: body === null ? null : JSON.parse(body) };
}
