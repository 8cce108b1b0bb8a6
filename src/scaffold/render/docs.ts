import { stringify } from 'yaml';
import {
  contactColumns,
  repeatKey,
  reportColumns,
  type Column,
  type CommonColumn,
  type ContactModel,
  type FormModel,
  type Model,
  type RepeatModel,
} from '../model.js';
import { sqlType } from '../values/kind.js';
import { withoutJinja } from './jinja.js';

interface ColumnDocs {
  readonly name: string;
  readonly data_type: string;
  readonly description: string;
  readonly data_tests?: readonly string[];
}

const key = { data_tests: ['unique', 'not_null'] };

/** The YAML file beside the model of a form. */
export function formDocs(model: FormModel): string {
  return docs(model, `One row for each report of the form ${code(model.form)}${titled(model)}.`, [
    ...reportColumns.map((column) => common(column, column.name === 'uuid' ? key : {})),
    ...model.columns.map((column) => described(column, ['fields'], 'reports')),
  ]);
}

/** The YAML file beside the model of a repeat. */
export function repeatDocs(model: RepeatModel): string {
  const where = ['fields', ...model.arrays.flatMap((path) => [...path, '*'])];
  return docs(model, `One row for each element of ${code(where.slice(0, -1).join('.'))} of the reports of the form ${code(model.form)}.`, [
    common({ name: repeatKey, type: 'text', description: 'The key of the report, and which element it is.' }, key),
    ...reportColumns.map((column) => common(column, column.name === 'uuid' ? { data_tests: ['not_null'] } : {})),
    ...model.positions.map((name, level) =>
      common({
        name,
        type: 'bigint',
        description: `Which element of ${code((model.arrays[level] ?? []).join('.'))} it is${level === 0 ? '' : ', within the one above'}; the first is 1.`,
      }),
    ),
    ...model.columns.map((column) => described(column, where, 'elements')),
  ]); // prettier-ignore
}

/** The YAML file beside the model of a contact type. */
export function contactDocs(model: ContactModel): string {
  const { levels, types } = model.ancestors;
  return docs(model, `One row for each contact of the type ${code(model.type)}${titled(model)}.`, [
    ...contactColumns.map((column) => common(column, column.name === 'uuid' ? key : {})),
    ...levels.map((name, level) =>
      common({
        name,
        type: 'text',
        description: `The place that is ${level + 1} ${level === 0 ? 'level' : 'levels'} above it.`,
      }),
    ),
    ...types.map(({ type, column }) =>
      common({ name: column, type: 'text', description: `The ${code(type)} that it is in.` }),
    ),
    ...model.columns.map((column) => described(column, [], 'contacts')),
  ]);
}

function docs({ name, leftOut }: Model, description: string, columns: readonly ColumnDocs[]): string {
  const missing = leftOut === 0 ? '' : ` ${leftOut} fields that are seldom filled in have no column.`;
  const model = { name, description: oneLine(description + missing), columns };
  return stringify({ version: 2, models: [model] }, { lineWidth: 0, singleQuote: true, aliasDuplicateObjects: false });
}

function common({ name, type, description }: CommonColumn, more: Pick<ColumnDocs, 'data_tests'> = {}): ColumnDocs {
  return { name, data_type: type, description: oneLine(description), ...more };
}

function described(column: Column, where: readonly string[], documents: string): ColumnDocs {
  const { name, kind = 'text', label, choices, remark, share, path } = column;
  const parts = [
    label === undefined ? '' : `${label.replace(/[.\s]+$/, '')}.`,
    `${code([...where, ...path].join('.'))}.`,
    choices === undefined
      ? ''
      : `${choices.multiple ? 'Any of' : 'One of'}: ${choices.values.map(code).join(', ')}${choices.multiple ? ', with spaces between them' : ''}.`,
    `${share === 100 ? 'Nearly all' : share === 0 ? 'Hardly any' : `About ${share} %`} of the ${documents} seen have it.`,
    remark === undefined ? '' : `It is ${remark}.`,
  ];
  return { name, data_type: sqlType(kind), description: oneLine(parts.filter((part) => part !== '').join(' ')) };
}

function titled({ title }: Model): string {
  return title === undefined ? '' : `, "${title}"`;
}

function code(text: string): string {
  return `\`${text.replaceAll('`', "'")}\``;
}

function oneLine(text: string): string {
  return withoutJinja(text.replaceAll(/[\s\p{C}]+/gu, ' ').trim());
}
