import type { Document } from './documents.js';

/** What the lock file says of a model. */
export interface LockedModel {
  readonly model: string;
  readonly columns: Readonly<Record<string, { readonly name: string; readonly kind?: string }>>;
  readonly repeats: Readonly<Record<string, LockedModel>>;
}

/** The rows of a table as JSON, by key. */
export type Rows = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/** The rows that a model must have for documents, whose columns are below a member of each. */
export function expectedRows(documents: readonly Document[], known: LockedModel, below: string | undefined): Rows {
  return Object.fromEntries(
    documents.map((document) => [document._id, row(below === undefined ? document : document[below], known)]),
  );
}

/** The rows that the model of a repeat must have, by key: one for each element. */
export function expectedElements(
  parents: readonly (readonly [string, unknown])[],
  key: string,
  known: LockedModel,
): {
  readonly rows: Rows;
  readonly elements: readonly (readonly [string, unknown])[];
} {
  const elements = parents.flatMap(([id, parent]) => {
    const found = at(parent, key);
    const array = Array.isArray(found) ? found : typeof found === 'object' && found !== null ? [found] : [];
    return array.map((element: unknown, index) => [`${id}:${index + 1}`, element] as const);
  });
  return { rows: Object.fromEntries(elements.map(([id, element]) => [id, row(element, known)])), elements };
}

function row(from: unknown, { columns }: LockedModel): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(columns).map(([key, { name, kind = 'text' }]) => [name, valueOf(at(from, key), kind)]),
  );
}

/** Follows a path of the lock file. */
function at(from: unknown, key: string): unknown {
  return key
    .split('/')
    .map((name) => name.replaceAll('~1', '/').replaceAll('~0', '~'))
    .reduce<unknown>(
      (value, name) =>
        typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined,
      from,
    );
}

/** A value as the column of a kind holds it, in JSON. */
export function valueOf(value: unknown, kind: string): unknown {
  if (value === undefined || value === null || value === '') return null;
  if (kind === 'json') return value;
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  switch (kind) {
    case 'boolean':
      return ['yes', 'true'].includes(text) ? true : ['no', 'false'].includes(text) ? false : null;
    case 'integer':
    case 'number':
      return Number.isNaN(Number(text)) ? null : Number(text);
    case 'date':
      return isDay(text) ? text : null;
    case 'timestamp':
      return Number.isNaN(Date.parse(text)) ? null : Date.parse(text);
    case 'epoch':
      return Number(text);
    default:
      return text;
  }
}

function isDay(text: string): boolean {
  return !Number.isNaN(Date.parse(text)) && new Date(text).toISOString().startsWith(text);
}
