import { z } from 'zod';
import { SyncError, type Log } from '../../lib/index.js';
import type { SampleBatch } from './batches.js';
import { CouchDbWriter, type Target } from './couchdb-writer.js';
import { Deployment } from './deployment.js';
import { sampleDatabases, type SampleDatabase } from './documents.js';
import { readMarker, writeMarker, type Marker } from './marker.js';
import { sampleData } from './sample-data.js';

/** How far the sample is loaded. */
export interface FillProgress {
  /** The database last written to. */
  readonly database: SampleDatabase;
  /** Documents that are there, of all databases; edits and deletions do not count. */
  readonly written: number;
  /** Documents that will be there. */
  readonly total: number;
}

/** What a CouchDB is filled with. */
export interface FillOptions extends Target {
  readonly documents?: number;
  readonly seed?: number;
  /** The end of the time that the sample covers. */
  readonly now: Date;
  readonly log: Log;
  readonly onProgress?: (progress: FillProgress) => void;
}

/** What the source holds after it was filled. */
export interface FilledSource {
  readonly documents: number;
  readonly seed: number;
  /** The end of the time that the sample covers, which is of its first start. */
  readonly now: Date;
  /** Whether all of it was there before, so that nothing was written. */
  readonly alreadyComplete: boolean;
}

/** Requests under way at once. */
const requestsAtOnce = 4;
/** Batches between two notes of how far it is. */
const batchesBetweenMarkers = 40;

/**
 * Fills a CouchDB with the sample, making its four databases. Broken off and started again it goes on; complete, it
 * does nothing, so edits made later stay. A sample once begun is finished as it was begun, whatever the options say by
 * then; to get another one, delete the databases.
 *
 * @throws SyncError COUCHDB_UNREACHABLE, COUCHDB_UNAUTHORIZED or COUCHDB_ANSWER_INVALID; the reason of the signal.
 */
export async function fillSource(options: FillOptions): Promise<FilledSource> {
  const writer = new CouchDbWriter(options);
  try {
    return await fill(writer, options);
  } finally {
    await writer.close();
  }
}

async function fill(writer: CouchDbWriter, options: FillOptions): Promise<FilledSource> {
  const { log } = options;
  const markers = await begin(writer, options);
  const [{ documents, seed, now }] = [...markers.values()] as [Marker];
  const held = { documents, seed, now: new Date(now) };
  const wanted = new Deployment(options);
  if (documents !== wanted.documents || seed !== wanted.seed) {
    log.warn(
      { documents, seed },
      'the databases hold another sample than is asked for; it stays: delete them to get the other',
    );
  }
  if ([...markers.values()].every(({ state }) => state === 'complete')) return { ...held, alreadyComplete: true };

  const done = new Map<SampleDatabase, number>(sampleDatabases.map((database) => [database, 0]));
  const note = async (state: Marker['state']): Promise<void> => {
    for (const [database, marker] of markers) {
      const batches = done.get(database) ?? 0;
      if (marker.state === 'complete' || (marker.state === state && marker.batches >= batches)) continue;
      markers.set(database, await writeMarker(writer, database, { ...marker, state, batches }));
    }
  };

  let written = 0;
  let sinceNote = 0;
  for (const wave of waves(sampleData(held), requestsAtOnce)) {
    const missing = wave.filter(({ database }) => {
      const batches = (done.get(database) ?? 0) + 1;
      done.set(database, batches);
      const marker = markers.get(database);
      return marker?.state !== 'complete' && batches > (marker?.batches ?? 0);
    });
    await Promise.all(missing.map((batch) => write(writer, batch)));
    for (const { database, firstRevisions } of wave) {
      written += firstRevisions;
      if (firstRevisions > 0) options.onProgress?.({ database, written, total: documents });
    }
    sinceNote += missing.length;
    if (sinceNote < batchesBetweenMarkers) continue;
    await note('loading');
    sinceNote = 0;
  }
  await note('complete');
  log.info({ documents, seed }, 'the sample is complete');
  return { ...held, alreadyComplete: false };
}

/** Makes the databases that are not there, and the markers: all are of the sample that was begun first. */
async function begin(writer: CouchDbWriter, options: FillOptions): Promise<Map<SampleDatabase, Marker>> {
  const found = new Map<SampleDatabase, Marker | undefined>();
  for (const database of sampleDatabases) {
    // 412: it is there already.
    await writer.send('PUT', `/${database}`, undefined, [412]);
    found.set(database, await readMarker(writer, database));
  }
  const { documents, seed } = new Deployment(options);
  const begun = [...found.values()].find((marker) => marker !== undefined);
  const sample = begun ?? { documents, seed, now: options.now.toISOString() };
  const markers = new Map<SampleDatabase, Marker>();
  for (const [database, marker] of found) {
    if (marker === undefined && database !== '_users' && (await isInUse(writer, database))) {
      if (begun?.state !== 'complete') throw strangers(database);
      // Beside the sample somebody has made it anew, to see what happens: it is theirs.
      markers.set(database, begun);
      continue;
    }
    const fresh = {
      documents: sample.documents,
      seed: sample.seed,
      now: sample.now,
      state: 'loading',
      batches: 0,
    } as const;
    markers.set(database, marker ?? (await writeMarker(writer, database, fresh)));
  }
  return markers;
}

async function isInUse(writer: CouchDbWriter, database: SampleDatabase): Promise<boolean> {
  const { body } = await writer.send('GET', `/${database}`);
  return z.object({ doc_count: z.number() }).safeParse(body).data?.doc_count !== 0;
}

/** A database that somebody else has filled, perhaps a deployment's own, must not get invented patients. */
function strangers(database: SampleDatabase): SyncError {
  return new SyncError(
    'EMBEDDED_FAILED',
    `The database ${database} is not empty, and what it holds is not the sample.`,
    {
      remedy: 'The sample is only written to a CouchDB without these databases; name another one, or delete them.',
    },
  );
}

const rows = z.array(
  z.object({ id: z.string().optional(), error: z.string().optional(), reason: z.string().optional() }),
);

async function write(writer: CouchDbWriter, { database, documents, newEdits }: SampleBatch): Promise<void> {
  const { body } = await writer.send('POST', `/${database}/_bulk_docs`, { docs: documents, new_edits: newEdits });
  // With `new_edits: false` only failures have a row; a conflict means that the document is there already.
  const failed = rows.safeParse(body).data?.find(({ error }) => error !== undefined && error !== 'conflict');
  if (failed === undefined && Array.isArray(body)) return;
  const words =
    failed === undefined ? JSON.stringify(body) : `${failed.id ?? ''}: ${failed.error ?? ''}, ${failed.reason ?? ''}`;
  throw new SyncError('COUCHDB_ANSWER_INVALID', `CouchDB refused a document of the sample in ${database}: ${words}`);
}

function* waves<T>(items: Iterable<T>, size: number): Generator<T[]> {
  let wave: T[] = [];
  for (const item of items) {
    wave.push(item);
    if (wave.length < size) continue;
    yield wave;
    wave = [];
  }
  if (wave.length > 0) yield wave;
}
