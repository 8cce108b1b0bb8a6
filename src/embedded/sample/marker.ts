import { z } from 'zod';
import type { CouchDbWriter } from './couchdb-writer.js';
import type { SampleDatabase } from './documents.js';

const path = '/_local/cht-sync-sample';

const shape = z.object({
  _rev: z.string().optional(),
  state: z.enum(['loading', 'complete']),
  documents: z.number(),
  seed: z.number(),
  /** ISO 8601: a sample that goes on must be made for the time it was begun at. */
  now: z.iso.datetime(),
  batches: z.number(),
});

/** What a database knows of the sample in it: a `_local` document, which no feed shows and no replication takes along. */
export interface Marker {
  readonly state: 'loading' | 'complete';
  readonly documents: number;
  readonly seed: number;
  readonly now: string;
  /** How many of the database's batches are there for certain. */
  readonly batches: number;
  readonly _rev?: string | undefined;
}

/** The marker of a database; undefined when there is none, or none that can be read. */
export async function readMarker(writer: CouchDbWriter, database: SampleDatabase): Promise<Marker | undefined> {
  const { status, body } = await writer.send('GET', `/${database}${path}`, undefined, [404]);
  const marker = shape.safeParse(body);
  return status === 200 && marker.success ? marker.data : undefined;
}

/** Writes the marker of a database and gives it back with its revision. */
export async function writeMarker(writer: CouchDbWriter, database: SampleDatabase, marker: Marker): Promise<Marker> {
  const { body } = await writer.send('PUT', `/${database}${path}`, marker);
  const written = z.object({ rev: z.string() }).safeParse(body);
  return { ...marker, _rev: written.data?.rev };
}
