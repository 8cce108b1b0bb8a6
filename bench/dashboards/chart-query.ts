import { listIn, membersIn, type Members } from '../../src/dashboards/asset.js';

/** What a dashboard asks the database for. */
export interface ChartQuery {
  readonly what: string;
  readonly sql: string;
}

const grains: Readonly<Record<string, string>> = { PT1H: 'hour', P1D: 'day', P1W: 'week', P1M: 'month' };

/** The statement that Superset makes of a chart, without a period, which would only take rows away. */
export function chartQuery(chart: Members, dataset: Members): ChartQuery {
  const params = membersIn(chart, 'params');
  const where = listIn(params, 'adhoc_filters').flatMap(condition);
  const from = `FROM v1.${String(dataset.table_name)}${where.length === 0 ? '' : ` WHERE ${where.join(' AND ')}`}`;
  const limit = `LIMIT ${Number(params.row_limit ?? 50_000)}`;
  const columns = textsIn(params, 'all_columns');
  const what = String(chart.slice_name);
  if (params.query_mode === 'raw') {
    const order = textsIn(params, 'order_by_cols').map((entry) => JSON.parse(entry) as [string, boolean]);
    const by = order.map(([column, ascending]) => `${column} ${ascending ? 'ASC' : 'DESC'}`);
    return {
      what,
      sql: `SELECT ${columns.join(', ')} ${from} ${by.length === 0 ? '' : `ORDER BY ${by.join(', ')}`} ${limit}`,
    };
  }
  const names = ['metric', 'metrics', 'x', 'y', 'size'].flatMap((member) => textsIn(params, member));
  const metrics = names.map((name) => expressionOf(dataset, name));
  const dimensions = [
    ...textsIn(params, 'x_axis').map((column) => inGrain(column, params.time_grain_sqla)),
    ...['groupby', 'entity', 'series'].flatMap((member) => textsIn(params, member)),
  ];
  const grouped = dimensions.length === 0 ? '' : `GROUP BY ${dimensions.join(', ')} ORDER BY ${metrics[0] ?? '1'} DESC`;
  return { what, sql: `SELECT ${[...dimensions, ...metrics].join(', ')} ${from} ${grouped} ${limit}` };
}

/** The statement for the values that a filter offers. */
export function filterQuery(name: string, column: string, dataset: Members): ChartQuery {
  return {
    what: `filter: ${name}`,
    sql: `SELECT ${column} FROM v1.${String(dataset.table_name)} GROUP BY ${column} ORDER BY ${column} LIMIT 1000`,
  };
}

function expressionOf(dataset: Members, metric: string): string {
  const found = listIn(dataset, 'metrics').find(({ metric_name: name }) => name === metric);
  if (found === undefined) throw new Error(`${String(dataset.table_name)} has no metric ${metric}`);
  return String(found.expression);
}

function inGrain(column: string, grain: unknown): string {
  const unit = typeof grain === 'string' ? grains[grain] : undefined;
  return unit === undefined ? column : `DATE_TRUNC('${unit}', ${column})`;
}

function condition(filter: Members): string[] {
  if (filter.expressionType === 'SQL') return [`(${String(filter.sqlExpression)})`];
  const subject = String(filter.subject);
  switch (filter.operator) {
    case 'TEMPORAL_RANGE':
      return [];
    case 'IS NOT NULL':
      return [`${subject} IS NOT NULL`];
    case 'IN':
      return [
        `${subject} IN (${textsIn(filter, 'comparator')
          .map((text) => `'${text}'`)
          .join(', ')})`,
      ];
    default:
      throw new Error(`unknown operator ${String(filter.operator)}`);
  }
}

/** The texts in a member that holds one, a list of them, or nothing. */
function textsIn(members: Members, name: string): string[] {
  const value = members[name];
  return (Array.isArray(value) ? value : [value]).filter((one): one is string => typeof one === 'string');
}
