import type { Asset, Members } from './asset.js';
import { ourDatabase, schemaOfFiles, sqlalchemyUri, type DashboardConnection } from './connection.js';
import type { KnownDashboard, KnownDatabase } from './inventory.js';

/** What files are adapted to. */
export interface Deployment {
  readonly connection: DashboardConnection;
  /** The schema of the models. */
  readonly schema: string;
}

/** What Superset has already. */
export interface Inventory {
  readonly databases: readonly KnownDatabase[];
  readonly dashboards: readonly KnownDashboard[];
}

/**
 * Members that files leave out when they are null; Superset keeps what it had for what it is not sent. All are known to 4.1.
 */
const nulls: Readonly<Record<Asset['kind'], readonly string[]>> = {
  databases: ['cache_timeout'],
  datasets: [
    ...['main_dttm_col', 'description', 'default_endpoint', 'cache_timeout', 'sql', 'params', 'template_params'],
    ...['fetch_values_predicate', 'extra', 'catalog'],
  ],
  charts: ['description', 'certified_by', 'certification_details', 'query_context', 'cache_timeout'],
  dashboards: ['description', 'css', 'slug', 'certified_by', 'certification_details'],
};
const columnNulls = ['verbose_name', 'expression', 'description', 'python_date_format', 'extra'];
const metricNulls = ['verbose_name', 'metric_type', 'description', 'd3format', 'extra', 'warning_text'];

/**
 * Files as they are sent to Superset: with the connection and schema of the deployment, and with names that take nothing from
 * what the user has. Superset knows assets by uuid, but takes another connection of the same name, or another dashboard of
 * the same slug, for the same, and would overwrite it.
 */
export function adapt(assets: readonly Asset[], deployment: Deployment, inventory: Inventory): Asset[] {
  const ours = new Set(assets.filter(isOnOurDatabase).map(({ uuid }) => uuid));
  return assets.map((asset) => {
    const content: Members = { ...withNulls(asset.content, nulls[asset.kind]) };
    if (asset.uuid === ourDatabase) content.sqlalchemy_uri = sqlalchemyUri(deployment.connection);
    if (asset.kind === 'databases') {
      content.extra ??= {};
      const taken = inventory.databases.filter(({ uuid }) => uuid !== asset.uuid).map(({ name }) => name);
      content.database_name = freeName(String(content.database_name), taken, (name, n) => `${name} (${n})`);
    }
    if (asset.kind === 'dashboards' && typeof content.slug === 'string') {
      const taken = inventory.dashboards.filter(({ uuid }) => uuid !== asset.uuid).map(({ slug }) => slug);
      content.slug = freeName(content.slug, taken, (name, n) => `${name}-${n}`);
    }
    if (asset.kind === 'datasets') adaptDataset(content, ours.has(asset.uuid) ? deployment.schema : undefined);
    return { ...asset, content };
  });
}

function adaptDataset(content: Members, schema: string | undefined): void {
  for (const [name, members] of [
    ['columns', columnNulls],
    ['metrics', metricNulls],
  ] as const) {
    const list = content[name];
    if (Array.isArray(list)) content[name] = list.map((item: Members) => withNulls(item, members));
  }
  if (schema === undefined || schema === schemaOfFiles) return;
  if (content.schema === schemaOfFiles) content.schema = schema;
  if (typeof content.sql === 'string') content.sql = replaceSchema(content.sql, schemaOfFiles, schema);
}

function isOnOurDatabase({ kind, content }: Asset): boolean {
  return kind === 'datasets' && content.database_uuid === ourDatabase;
}

/** Another schema before the tables of a statement. */
export function replaceSchema(sql: string, from: string, to: string): string {
  const quoted = (name: string) => (/^[a-z_][a-z0-9_]*$/.test(name) ? name : `"${name.replaceAll('"', '""')}"`);
  const before = quoted(from).replaceAll(/[$()*+.?[\\\]^{|}]/g, '\\$&');
  return sql.replaceAll(new RegExp(`(?<![\\w."])${before}\\.(?=[a-z_"])`, 'g'), () => `${quoted(to)}.`);
}

function withNulls(content: Members, names: readonly string[]): Members {
  return { ...Object.fromEntries(names.map((name) => [name, null])), ...content };
}

function freeName(
  name: string,
  taken: readonly (string | null)[],
  numbered: (name: string, n: number) => string,
): string {
  if (!taken.includes(name)) return name;
  for (let n = 2; ; n += 1) if (!taken.includes(numbered(name, n))) return numbered(name, n);
}
