import type pg from 'pg';
import { SyncError } from '../../lib/index.js';
import { classified } from '../../postgres/index.js';
import { noDefinition, type FormDefinition } from '../definitions/definition.js';
import { defaultParents, type ParentTypes } from '../hierarchy.js';
import { isInternalOfContact, isInternalOfForm } from '../shape/internal.js';
import { Shape } from '../shape/shape.js';
import { readConfiguration, readFormDocuments } from './configuration.js';
import { contactTypes, documentsOf, sampledDocuments, type SurveyedDocument } from './documents.js';
import { listedValues, sampledKeys, type Listing } from './listing.js';
import type { Survey } from './survey.js';
import { findTables, type TableOptions, type Tables } from './tables.js';

/** What a survey is taken of. */
export interface SurveyOptions extends TableOptions {
  readonly pool: pg.Pool;
  /** How many documents of each form and each type of contact are looked at. */
  readonly sample: number;
  /** Definitions of forms from elsewhere; they go before what is synced. */
  readonly definitions: ReadonlyMap<string, FormDefinition>;
  readonly onProgress: (done: string) => void;
}

/** Contacts of a type whose parents are looked at. */
const mostLineages = 200;
/** The part of the contacts of a type that must have a parent of another one for it to count. */
const leastShare = 0.05;
/** A statement that takes longer finds no index where one should be. */
const statementTimeoutMs = 90_000;

/**
 * Looks at a bounded sample of the synced documents, in one read-only transaction.
 *
 * @throws SyncError SCAFFOLD_NO_DATA when there is nothing to make a package from; POSTGRES_*.
 */
export async function takeSurvey(options: SurveyOptions): Promise<Survey> {
  const client = await classified('connecting', options.pool.connect());
  try {
    await classified('beginning to read', client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY'));
    await client.query(`SET LOCAL statement_timeout = ${statementTimeoutMs}`);
    return await new SurveyTaker(client, await findTables(client, options), options).take();
  } finally {
    await client.query('ROLLBACK').catch(() => undefined);
    client.release();
  }
}

class SurveyTaker {
  readonly #forms = new Map<string, Shape>();
  readonly #contacts = new Map<string, Shape>();
  /** Keys of contacts, by type. */
  readonly #keys = new Map<string, string[]>();

  constructor(
    private readonly client: pg.ClientBase,
    private readonly tables: Tables,
    private readonly options: SurveyOptions,
  ) {}

  async take(): Promise<Survey> {
    const { dataRecord, contact } = this.tables;
    const forms = dataRecord === undefined ? [] : await this.#takeListed({ model: dataRecord, column: 'form' });
    const types = contact === undefined ? [] : await this.#takeListed({ model: contact, column: 'contact_type' });
    if (forms.length === 0 || types.length === 0) await this.#takeUnlisted(forms.length === 0, types.length === 0);
    if (this.#forms.size === 0 && this.#contacts.size === 0) {
      throw new SyncError('SCAFFOLD_NO_DATA', `The table ${this.tables.documents} holds no report and no contact.`, {
        remedy: 'Let couch2pg sync the database "medic" of the CHT first.',
      });
    }
    const configuration = await readConfiguration(this.client, this.tables);
    const formDocuments = await readFormDocuments(this.client, this.tables, [...this.#forms.keys()]);
    const definition = (form: string): FormDefinition => {
      const titled = formDocuments.get(form) ?? noDefinition;
      return { ...titled, ...(configuration.smsForms.get(form) ?? {}), ...(this.options.definitions.get(form) ?? {}) };
    };
    return {
      forms: new Map([...this.#forms].map(([form, shape]) => [form, { shape, definition: definition(form) }])),
      contacts: new Map([...this.#contacts].map(([type, shape]) => [type, { shape, definition: noDefinition }])),
      parents: await this.#parents(configuration.parents ?? defaultParents),
    };
  }

  /** Takes a sample of each form or type that a model lists. */
  async #takeListed(listing: Listing): Promise<string[]> {
    const values = await listedValues(this.client, listing);
    for (const value of values) {
      const keys = await sampledKeys(this.client, listing, value, this.options.sample);
      for await (const document of documentsOf(this.client, this.tables, keys)) {
        // It may have moved on since the model ran.
        if (valueOf(document, listing.column) === value) this.#add(document);
      }
      this.options.onProgress(value);
    }
    return values;
  }

  async #takeUnlisted(forms: boolean, contacts: boolean): Promise<void> {
    for await (const document of sampledDocuments(this.client, this.tables)) {
      if (document.type === 'data_record' ? forms : contacts) this.#add(document);
    }
  }

  #add(document: SurveyedDocument): void {
    const form = valueOf(document, 'form');
    const type = valueOf(document, 'contact_type');
    if (form !== undefined) {
      shapeIn(this.#forms, form, isInternalOfForm).add(document.body);
    } else if (type !== undefined) {
      shapeIn(this.#contacts, type, isInternalOfContact).add(document.body);
      const keys = this.#keys.get(type) ?? [];
      this.#keys.set(type, keys.length < mostLineages ? [...keys, document.key] : keys);
    }
  }

  /** The configured parents of each type, and those that contacts have besides. */
  async #parents(configured: ParentTypes): Promise<ParentTypes> {
    const parents = new Map(configured);
    for (const [type, keys] of this.#keys) {
      const { rows } = await classified(
        `reading the parents of contacts in ${this.tables.documents}`,
        this.client.query<{ type: string | null; contacts: number }>(
          `SELECT coalesce(parent.doc ->> 'contact_type', parent.doc ->> 'type') AS type, count(*)::integer AS contacts
           FROM ${this.tables.documents} AS contact
           JOIN ${this.tables.documents} AS parent ON parent._id = contact.doc #>> '{parent,_id}'
           WHERE contact._id = ANY ($1) AND parent._deleted IS NOT TRUE
           GROUP BY 1`,
          [keys],
        ),
      );
      const seen = rows.filter(({ contacts }) => contacts >= leastShare * keys.length).map((row) => row.type ?? '');
      parents.set(
        type,
        [...new Set([...(parents.get(type) ?? []), ...seen])].filter((each) => this.#contacts.has(each)),
      );
    }
    return parents;
  }
}

/** The form of a report, or the type of a contact; undefined of other documents. */
function valueOf(document: SurveyedDocument, column: Listing['column']): string | undefined {
  const { type, form, contact_type: configured } = document;
  if (column === 'form') return type === 'data_record' && form !== null && form !== '' ? form : undefined;
  return type !== null && contactTypes.includes(type) ? (configured ?? type) : undefined;
}

function shapeIn(shapes: Map<string, Shape>, name: string, isInternal: ConstructorParameters<typeof Shape>[0]): Shape {
  const shape = shapes.get(name) ?? new Shape(isInternal);
  shapes.set(name, shape);
  return shape;
}
