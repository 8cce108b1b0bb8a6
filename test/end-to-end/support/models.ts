import { expect, vi } from 'vitest';
import type { TestDatabase } from '../../support/database.js';
import type { TableRow } from './table.js';

/** A row of a model, but for its key; times in ISO 8601. */
type ModelRow = Readonly<Record<string, string | boolean | null>>;
/** The rows of each model, by key. */
type Models = Readonly<Record<ModelName, Readonly<Record<string, ModelRow>>>>;
type ModelName = keyof typeof columns;

/** The models that deployments rely on, and their columns besides the key. */
const columns = {
  document_metadata: ['saved_timestamp', '_deleted', 'doc_type', 'instance', 'dbname'],
  contact: ['saved_timestamp', 'reported', 'parent_uuid', 'name', 'contact_type', 'active', 'notes', 'muted'],
  contact_type: ['person', 'configured'],
  person: ['saved_timestamp', 'sex', 'phone', 'phone2', 'patient_id'],
  place: ['saved_timestamp', 'place_id', 'contact_id'],
  patient: ['saved_timestamp', 'patient_id'],
  data_record: [
    ...['saved_timestamp', 'reported', 'form', 'from_phone', 'patient_id', 'place_id'],
    ...['contact_uuid', 'parent_uuid', 'grandparent_uuid'],
  ],
} as const;

const modelNames = Object.keys(columns) as ModelName[];
const contactTypes = new Set(['contact', 'clinic', 'district_hospital', 'health_center', 'person']);

/** What the models must hold when all documents of the table are in them. */
export function expectedModels(table: readonly TableRow[]): Models {
  const alive = table.filter(({ deleted }) => !deleted);
  const contacts = alive.filter(({ doc }) => contactTypes.has(String(doc.type)));
  const types = contactTypeRows(alive, contacts);
  const isPerson = ({ doc }: TableRow) => types[typeOf(doc)]?.person === true;
  const persons = contacts.filter(isPerson);
  return {
    document_metadata: byKey(alive, ({ source, doc }) => ({
      _deleted: false,
      doc_type: text(doc.type),
      instance: source.split('/')[0]!,
      dbname: source.split('/')[1]!,
    })),
    contact: byKey(contacts, ({ doc }) => ({
      reported: time(doc.reported_date),
      parent_uuid: text(at(doc, 'parent', '_id')),
      name: text(doc.name),
      contact_type: typeOf(doc),
      active: text(doc.is_active),
      notes: text(doc.notes),
      muted: doc.muted === '' ? null : text(doc.muted),
    })),
    contact_type: types,
    person: byKey(persons, ({ doc }) => ({
      sex: text(doc.sex),
      phone: text(doc.phone),
      phone2: text(doc.alternative_phone),
      patient_id: text(doc.patient_id),
    })),
    place: byKey(
      contacts.filter((row) => !isPerson(row)),
      ({ doc }) => ({
        place_id: text(doc.place_id),
        contact_id: text(doc.contact_id) ?? text(at(doc, 'contact', '_id')),
      }),
    ),
    patient: byKey(
      persons.filter(({ doc }) => text(doc.patient_id) !== null),
      ({ doc }) => ({ patient_id: text(doc.patient_id) }),
    ),
    data_record: byKey(
      alive.filter(({ doc }) => doc.type === 'data_record'),
      ({ doc }) => ({
        reported: time(doc.reported_date),
        form: text(doc.form),
        from_phone: text(doc.from),
        patient_id:
          text(doc.patient_id) ?? text(at(doc, 'fields', 'patient_id')) ?? text(at(doc, 'fields', 'patient_uuid')),
        place_id: text(doc.place_id) ?? text(at(doc, 'fields', 'place_id')),
        contact_uuid: text(at(doc, 'contact', '_id')),
        parent_uuid: text(at(doc, 'contact', 'parent', '_id')),
        grandparent_uuid: text(at(doc, 'contact', 'parent', 'parent', '_id')),
      }),
    ),
  };
}

/** Waits until the models hold what the documents of the table come to. */
export async function untilModelsEqual(
  database: TestDatabase,
  table: readonly TableRow[],
  timeout = 60_000,
): Promise<void> {
  const expected = expectedModels(table);
  await vi.waitFor(async () => expect(await readModels(database)).toEqual(expected), { timeout, interval: 100 });
}

/** All models; one that is not there yet has no rows. */
export async function readModels({ pool }: TestDatabase): Promise<Models> {
  const { rows: there } = await pool.query<{ name: ModelName }>(
    `SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'v1'`,
  );
  const models: Record<string, Record<string, ModelRow>> = {};
  for (const model of modelNames) {
    if (!there.some(({ name }) => name === model)) {
      models[model] = {};
      continue;
    }
    const key = model === 'contact_type' ? 'id' : 'uuid';
    const { rows } = await pool.query<Record<string, string | boolean | null> & { key: string }>(
      `SELECT ${key} AS key, ${columns[model].map(expression).join(', ')} FROM v1.${model}`,
    );
    models[model] = Object.fromEntries(rows.map(({ key: value, ...row }) => [value, row]));
    expect(Object.keys(models[model]).length, `${model} has a key twice`).toBe(rows.length);
  }
  return models as Models;
}

function expression(column: string): string {
  if (column === 'saved_timestamp') return 'saved_timestamp::text AS saved_timestamp';
  if (column === 'reported') return `to_char(reported AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS reported`;
  return column;
}

function contactTypeRows(alive: readonly TableRow[], contacts: readonly TableRow[]): Models['contact_type'] {
  const types: Record<string, { person: boolean; configured: boolean }> = {};
  for (const { doc } of contacts) types[typeOf(doc)] = { person: typeOf(doc) === 'person', configured: false };
  for (const { doc } of alive.filter(({ id }) => id === 'settings')) {
    const configured = (at(doc, 'settings', 'contact_types') ?? []) as { id: string; person?: boolean }[];
    for (const { id, person } of configured) {
      const isPerson = id === 'person' || person === true || types[id]?.person === true;
      types[id] = { person: isPerson, configured: true };
    }
  }
  return types;
}

function byKey(rows: readonly TableRow[], row: (row: TableRow) => ModelRow): Readonly<Record<string, ModelRow>> {
  return Object.fromEntries(rows.map((one) => [one.key, { saved_timestamp: one.savedTimestamp, ...row(one) }]));
}

function typeOf(doc: Readonly<Record<string, unknown>>): string {
  return String(doc.contact_type ?? doc.type);
}

/** What stands at a path of a document; undefined when something on the way is missing. */
function at(value: unknown, ...path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (found, name) =>
      typeof found === 'object' && found !== null ? (found as Record<string, unknown>)[name] : undefined,
    value,
  );
}

/** A value of JSON as text; what is null or missing is null. */
function text(value: unknown): string | null {
  if (value === undefined || value === null) return null;
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** Milliseconds since 1970, as number or text, in ISO 8601; what is no number is null. */
function time(value: unknown): string | null {
  const ms = value === undefined || value === null || value === '' ? NaN : Number(value);
  return Number.isNaN(ms) ? null : new Date(ms).toISOString();
}
