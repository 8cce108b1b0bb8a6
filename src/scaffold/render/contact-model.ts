import type { ContactModel } from '../model.js';
import { columnLines } from './form-model.js';
import { jinjaString, sqlText, valueAt } from './jinja.js';

/** The SQL file of the model of a contact type. */
export function contactModelSql({ type, ancestors, columns }: ContactModel): string {
  const { levels, types } = ancestors;
  const found = types.map(({ type: above, column, levels: at }) => {
    const tries = at.map((level) => {
      const alias = levels[level] ?? '';
      return `    when ${alias}.contact_type = ${sqlText(above)} then ${alias}.uuid`;
    });
    return `  case\n${tries.join('\n')}\n  end as ${column},`;
  });
  const lines = [...found, columnLines(columns, ({ path, kind = 'text' }) => valueAt('couchdb.doc', path, kind))];
  const parents = levels.map((id) => `\n  {'id': '${id}', 'table': 'contact'},`).join('');
  return `{% set contact_columns %}
${lines.join('\n').replace(/,\s*$/, '')}
{% endset %}
{{ cht_pipeline.cht_contact_model(${jinjaString(type)}, [${parents}${parents === '' ? '' : '\n'}], contact_columns) }}
`;
}
