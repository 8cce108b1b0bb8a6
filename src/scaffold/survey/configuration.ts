import type pg from 'pg';
import { z } from 'zod';
import { classified } from '../../postgres/index.js';
import type { FormDefinition } from '../definitions/definition.js';
import { formDocument } from '../definitions/form-document.js';
import { smsForms } from '../definitions/sms-form.js';
import type { ParentTypes } from '../hierarchy.js';
import type { Tables } from './tables.js';

/** What the configuration of the deployment says, as far as it is synced. */
export interface Configuration {
  readonly smsForms: ReadonlyMap<string, FormDefinition>;
  /** The types of contacts that are configured; undefined when no settings are there, or they name none. */
  readonly parents: ParentTypes | undefined;
}

const settingsSchema = z.object({
  contact_types: z
    .array(z.object({ id: z.string(), parents: z.array(z.string()).optional().catch(undefined) }))
    .optional()
    .catch(undefined),
  forms: z.unknown(),
});

/** Reads the settings of all sources; of several that say something else of the same, the first counts. */
export async function readConfiguration(client: pg.ClientBase, tables: Tables): Promise<Configuration> {
  const settings = (await bodiesOf(client, tables, ['settings'], `doc -> 'settings'`)).map((body) =>
    settingsSchema.catch({ forms: undefined }).parse(body),
  );
  const types = settings.flatMap(({ contact_types = [] }) => contact_types);
  const parents = new Map<string, string[]>();
  for (const { id, parents: above = [] } of types) parents.set(id, [...(parents.get(id) ?? []), ...above]);
  return {
    smsForms: new Map(settings.reverse().flatMap(({ forms }) => [...smsForms(forms)])),
    parents: parents.size === 0 ? undefined : parents,
  };
}

/** What the documents `form:*` say of forms, by the name of the form. */
export async function readFormDocuments(
  client: pg.ClientBase,
  tables: Tables,
  forms: readonly string[],
): Promise<ReadonlyMap<string, FormDefinition>> {
  const found = new Map<string, FormDefinition>();
  const ids = forms.map((form) => `form:${form}`);
  for (const body of (await bodiesOf(client, tables, ids, 'doc')).reverse()) {
    const read = formDocument(body);
    if (read !== undefined) found.set(read.form, read.definition);
  }
  return found;
}

/** Documents by their ids, from every source: the second to bring an id has it as `<id>@<source>`. */
async function bodiesOf(
  client: pg.ClientBase,
  { documents, progress }: Tables,
  ids: readonly string[],
  body: string,
): Promise<unknown[]> {
  const doing = `reading the configuration in ${documents}`;
  const sources =
    progress === undefined
      ? []
      : (await classified(doing, client.query<{ source: string }>(`SELECT source FROM ${progress}`))).rows;
  const suffixes = ['', ...sources.map(({ source }) => `@${source}`)];
  // The keys are given, not selected: PostgreSQL cannot take it into its head to read the whole table for them.
  const { rows } = await classified(
    doing,
    client.query<{ body: string | null }>(
      `SELECT (${body})::text AS body FROM ${documents} WHERE _id = ANY ($1) AND _deleted IS NOT TRUE ORDER BY _id`,
      [ids.flatMap((id) => suffixes.map((suffix) => id + suffix))],
    ),
  );
  return rows.map((row): unknown => (row.body === null ? undefined : JSON.parse(row.body)));
}
