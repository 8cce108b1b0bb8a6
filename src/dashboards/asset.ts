/** The kinds of files, in the order in which one refers to another before it. */
export const assetKinds = ['databases', 'datasets', 'charts', 'dashboards'] as const;

export type AssetKind = (typeof assetKinds)[number];

/** Anything that stands in a YAML file. */
export type Members = Record<string, unknown>;

/** A connection, dataset, chart or dashboard in the form in which Superset exports it. */
export interface Asset {
  readonly kind: AssetKind;
  /** Inside the folder, with slashes: `charts/reports_per_week.yaml`. */
  readonly path: string;
  readonly uuid: string;
  readonly content: Members;
}

/** The member that holds the name for people. */
export const nameMember: Readonly<Record<AssetKind, string>> = {
  databases: 'database_name',
  datasets: 'table_name',
  charts: 'slice_name',
  dashboards: 'dashboard_title',
};

/** The name for people. */
export function nameOf({ kind, content }: Asset): string {
  return String(content[nameMember[kind]]);
}

/** The assets of a kind. */
export function ofKind(assets: readonly Asset[], kind: AssetKind): Asset[] {
  return assets.filter((asset) => asset.kind === kind);
}

/** Whether a value has named members. */
export function isMembers(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A member that should be an object; an empty one otherwise. */
export function membersIn(content: Members, name: string): Members {
  const value = content[name];
  return isMembers(value) ? value : {};
}

/** The objects in a member that should be a list of them. */
export function listIn(content: Members, name: string): Members[] {
  const value = content[name];
  return Array.isArray(value) ? value.filter(isMembers) : [];
}
