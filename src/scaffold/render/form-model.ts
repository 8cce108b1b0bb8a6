import type { Column, FormModel } from '../model.js';
import { jinjaString, sqlInJinja, valueAt } from './jinja.js';

/** Fields that others look rows up by. */
const lookedUp = new Set(['patient_id', 'patient_uuid', 'place_id', 'place_uuid']);

/** The SQL file of a form's model. */
export function formModelSql({ form, columns }: FormModel): string {
  const indexes = columns.filter(isLookedUp).map(({ name }) => `{'columns': ['${name}']}`);
  const lists = `form_columns, [${indexes.join(', ')}], with_fields=true`;
  const call = `{{ cht_pipeline.cht_form_model(${jinjaString(form)}, ${lists}) }}`;
  return `{% set form_columns %}
${columnLines(columns, formValue)}
{% endset %}
${call}
`;
}

function formValue(column: Column): string {
  const value = valueAt('report.fields', column.path, column.kind ?? 'text');
  // A row of an index has not much room.
  return isLookedUp(column) ? `{{ cht_pipeline.key_of(${sqlInJinja(value)}) }}` : value;
}

function isLookedUp({ path, kind = 'text' }: Column): boolean {
  return kind === 'text' && path.length === 1 && lookedUp.has(path[0] ?? '');
}

/** A line for each column, in the order in which they are declared; a remark goes above it. */
export function columnLines(columns: readonly Column[], value: (column: Column) => string): string {
  return columns
    .flatMap((column, index) => [
      ...(column.remark === undefined ? [] : [`  -- ${column.remark}`]),
      `  ${value(column)} as ${column.name}${index === columns.length - 1 ? '' : ','}`,
    ])
    .join('\n');
}
