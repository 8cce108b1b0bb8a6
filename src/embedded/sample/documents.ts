/** The databases of a CHT deployment that the sample fills, in the order they are made. */
export const sampleDatabases = ['medic', 'medic-sentinel', 'medic-users-meta', '_users'] as const;

/** One of the databases that the sample fills. */
export type SampleDatabase = (typeof sampleDatabases)[number];

/** A document as it is sent to CouchDB. */
export interface SampleDocument {
  readonly _id: string;
  readonly [field: string]: unknown;
}

/** A contact with the places above it, as CHT nests it into documents. */
export interface Lineage {
  readonly _id: string;
  readonly parent?: Lineage;
}

/** One document of a database and what becomes of it. */
export interface Entry {
  readonly database: SampleDatabase;
  /** Its first revision. */
  readonly document: SampleDocument;
  /** The revisions after it, oldest first; one with `_deleted: true` is a tombstone. */
  readonly later?: readonly SampleDocument[];
  /** A revision beside the last one, with the same parent: a conflict. */
  readonly conflict?: SampleDocument;
}

/** Documents that refer to each other: they are written all or not at all. */
export type Unit = readonly Entry[];

/** An entry of the `medic` database. */
export function medic(document: SampleDocument, later?: readonly SampleDocument[]): Entry {
  return later === undefined ? { database: 'medic', document } : { database: 'medic', document, later };
}
