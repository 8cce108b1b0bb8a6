import { stringify } from 'yaml';
import type { Column, ContactModel, FormModel, RepeatModel } from '../model.js';
import type { Kind } from '../values/kind.js';
import { elementAlias, elementTables } from './elements.js';
import { jinjaString, jsonAt, sqlInJinja, sqlText, textAt } from './jinja.js';

/** The names of the models of what makes no sense, of forms and of contacts. */
export const dataQualityNames = { forms: 'data_quality_of_forms', contacts: 'data_quality_of_contacts' } as const;

/** What cht_pipeline's `is_malformed` calls the kinds that a value may fail to be. */
const kindNames: Partial<Record<Kind, string>> = {
  boolean: 'boolean',
  integer: 'integer',
  number: 'number',
  date: 'date',
  timestamp: 'timestamp',
  epoch: 'epoch',
};

/** The SQL file of the model of malformed values in reports; undefined when no column can be. */
export function formQualitySql(packageName: string, forms: readonly FormModel[]): string | undefined {
  return qualitySql(
    'data_record',
    forms.map(({ form, name, columns, repeats }) => ({
      condition: `model.form = ${sqlText(form)}`,
      members: 'fields jsonb',
      entries: [
        ...columns.flatMap((column) => entryOf(name, column, textAt('doc.fields', column.path))),
        ...repeats.flatMap((repeat) => repeat.columns.flatMap((column) => elementEntry(packageName, repeat, column))),
      ],
    })),
  );
}

/** The SQL file of the model of malformed values in contacts; undefined when no column can be. */
export function contactQualitySql(contacts: readonly ContactModel[]): string | undefined {
  return qualitySql(
    'contact',
    contacts.map(({ type, name, columns }) => ({
      condition: `model.contact_type = ${sqlText(type)}`,
      entries: columns.flatMap((column) => entryOf(name, column, textAt('couchdb.doc', column.path))),
    })),
  );
}

/** A macro of the package: the least malformed value in the elements of a repeat. */
export const malformedElementMacro = `{#- Of the values that the elements of a repeat have, one that makes no sense; NULL when there is none. -#}
{% macro malformed_element(kind, value, elements) -%}
  (select min({{ value }}) from {{ elements }} where {{ cht_pipeline.is_malformed(kind, value) }})
{%- endmacro %}
`;

/** The YAML file beside a model of malformed values. */
export function qualityDocs(name: string, documents: string): string {
  const columns = [
    { name: 'id', data_type: 'text', description: 'Document, model and column.', data_tests: ['unique', 'not_null'] },
    { name: 'uuid', data_type: 'text', description: 'The key of the document.', data_tests: ['not_null'] },
    { name: 'saved_timestamp', data_type: 'timestamp', description: 'The watermark of its last change.' },
    { name: 'model', data_type: 'text', description: 'The model that has NULL instead.' },
    { name: 'column_name', data_type: 'text', description: 'The column of that model.' },
    { name: 'value', data_type: 'text', description: 'The first 200 characters of the value.' },
    { name: 'instance', data_type: 'text', description: 'The host of the CHT that the document is from.' },
    { name: 'dbname', data_type: 'text', description: 'The database that the document is from.' },
  ];
  const description = `One row for each value of ${documents} that is not what the column is made for.`;
  return stringify({ version: 2, models: [{ name, description, columns }] }, { lineWidth: 0, singleQuote: true });
}

interface Part {
  readonly condition: string;
  readonly members?: string;
  readonly entries: readonly string[];
}

function qualitySql(feed: string, all: readonly Part[]): string | undefined {
  const parts = all.filter(({ entries }) => entries.length > 0);
  if (parts.length === 0) return undefined;
  const calls = parts.map(({ condition, members, entries }) => {
    const more = members === undefined ? '' : `members=${jinjaString(members)}, `;
    return `{{ cht_pipeline.data_quality_rows('${feed}', [
${entries.map((entry) => `  ${entry},`).join('\n')}
], ${more}condition=${sqlInJinja(condition)}) }}`;
  });
  return `{{
  config(
    materialized='incremental',
    incremental_strategy='upsert',
    unique_key='id',
    indexes=[{'columns': ['id'], 'unique': true}, {'columns': ['uuid']}, {'columns': ['saved_timestamp']}],
    meta={'changes': '${feed}', 'changed_by': 'uuid'},
    pre_hook='{{ cht_pipeline.open_increment() }}',
    post_hook='{{ cht_pipeline.close_increment() }}',
  )
}}

${calls.join('\n\nunion all\n\n')}
`;
}

function entryOf(model: string, { name, kind = 'text' }: Column, text: string): string[] {
  const kindName = kindNames[kind];
  if (kindName === undefined) return [];
  return [`{'model': '${model}', 'name': '${name}', 'kind': '${kindName}', 'value': ${sqlInJinja(text)}}`];
}

/** Of all elements of a report, one value is told. */
function elementEntry(
  packageName: string,
  { name: model, arrays }: RepeatModel,
  { name, kind = 'text', path }: Column,
): string[] {
  const kindName = kindNames[kind];
  if (kindName === undefined) return [];
  const outermost = `(${jsonAt('doc.fields', arrays[0] ?? [])})`;
  const elements = elementTables(arrays, outermost).join(' cross join lateral ').replaceAll(/\s+/g, ' ');
  const value = textAt(`${elementAlias(arrays.length - 1)}.value`, path);
  const call = `${packageName}.malformed_element('${kindName}', ${sqlInJinja(value)}, ${sqlInJinja(elements)})`;
  return [`{'model': '${model}', 'name': '${name}', 'value': ${call}, 'malformed': ${call} ~ ' is not null'}`];
}
