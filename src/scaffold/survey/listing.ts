import type pg from 'pg';
import { classified } from '../../postgres/index.js';

/** A model that lists documents by a column: reports by their form, contacts by their type. */
export interface Listing {
  /** The model, quoted and with its schema. */
  readonly model: string;
  /** The column, which leads an index together with saved_timestamp. */
  readonly column: 'form' | 'contact_type';
}

/** Forms, or types of contacts, that are looked at; a deployment with more has ids where names should be. */
const most = 1000;
/** Points in time from which documents are taken, besides the newest ones. */
const points = 20;

/** The values of the column, by an index scan that leaps from one to the next. */
export async function listedValues(client: pg.ClientBase, { model, column }: Listing): Promise<string[]> {
  const { rows } = await classified(
    `listing the ${column}s of ${model}`,
    client.query<{ value: string }>(
      `WITH RECURSIVE leaps AS (
         (SELECT ${column} AS value FROM ${model} WHERE ${column} IS NOT NULL ORDER BY ${column} LIMIT 1)
         UNION ALL
         SELECT (SELECT ${column} FROM ${model} WHERE ${column} > leaps.value ORDER BY ${column} LIMIT 1)
         FROM leaps WHERE leaps.value IS NOT NULL
       )
       SELECT value FROM leaps WHERE value <> '' LIMIT ${most}`,
    ),
  );
  return rows.map(({ value }) => value);
}

/**
 * The keys of a sample of the documents with one value of the column: half of them the newest, the others from points
 * spread over the time in which they were synced. The same data give the same sample.
 */
export async function sampledKeys(
  client: pg.ClientBase,
  { model, column }: Listing,
  value: string,
  size: number,
): Promise<string[]> {
  const newest = Math.ceil(size / 2);
  const ofEach = Math.ceil((size - newest) / points);
  const { rows } = await classified(
    `picking documents of ${model}`,
    client.query<{ uuid: string }>(
      `WITH bounds AS (
         SELECT min(saved_timestamp) AS first, max(saved_timestamp) AS last FROM ${model} WHERE ${column} = $1
       )
       (SELECT uuid FROM ${model} WHERE ${column} = $1 ORDER BY saved_timestamp DESC LIMIT $2)
       UNION
       SELECT spread.uuid
       FROM bounds
       CROSS JOIN generate_series(0, $4 - 1) AS point
       CROSS JOIN LATERAL (
         SELECT uuid FROM ${model}
         WHERE ${column} = $1 AND saved_timestamp >= bounds.first + (bounds.last - bounds.first) * point / $4
         ORDER BY saved_timestamp LIMIT $3
       ) AS spread`,
      [value, newest, ofEach, points],
    ),
  );
  return rows.map(({ uuid }) => uuid);
}
