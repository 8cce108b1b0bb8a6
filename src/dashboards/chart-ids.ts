import { isMembers, listIn, membersIn, type Members } from './asset.js';
import { chartPlaces, filtersOf } from './references.js';

/** The number that stands for a chart in files: the first 31 bits of its uuid. Superset replaces it by its own. */
export function numberOf(uuid: string): number {
  return Number.parseInt(uuid.slice(0, 8), 16) >>> 1;
}

/**
 * Replaces the numbers that this Superset has given to charts by ones that are the same everywhere, in the layout of a
 * dashboard and wherever its settings name them. Changes what it is given.
 */
export function renumberCharts(dashboard: Members): void {
  const numbers = new Map<number, number>();
  for (const place of chartPlaces(dashboard)) {
    const number = numberOf(String(place.uuid));
    if (typeof place.chartId === 'number') numbers.set(place.chartId, number);
    place.chartId = number;
  }
  const metadata = membersIn(dashboard, 'metadata');
  renumberList(metadata, 'timed_refresh_immune_slices', numbers);
  for (const name of ['expanded_slices', 'filter_scopes', 'chart_configuration']) renumberKeys(metadata, name, numbers);
  if (typeof metadata.default_filters === 'string')
    metadata.default_filters = renumberText(metadata.default_filters, numbers);
  const crossFilters = Object.values(membersIn(metadata, 'chart_configuration')).filter(isMembers);
  for (const configuration of crossFilters) {
    if (typeof configuration.id === 'number') configuration.id = numbers.get(configuration.id) ?? configuration.id;
  }
  const scoped = [
    membersIn(metadata, 'global_chart_configuration'),
    ...crossFilters.map((configuration) => membersIn(configuration, 'crossFilters')),
    ...filtersOf(dashboard),
    ...listIn(metadata, 'chart_customization_config'),
  ];
  for (const scopes of scoped) {
    renumberList(membersIn(scopes, 'scope'), 'excluded', numbers);
    // What the page works out from the scope by itself.
    delete scopes.chartsInScope;
    delete scopes.tabsInScope;
  }
  for (const columns of Object.values(membersIn(metadata, 'filter_scopes')).filter(isMembers)) {
    for (const attributes of Object.values(columns).filter(isMembers)) renumberList(attributes, 'immune', numbers);
  }
}

/** Numbers of charts that are not on the dashboard any more are left out. */
function renumberList(members: Members, name: string, numbers: ReadonlyMap<number, number>): void {
  const list = members[name];
  if (!Array.isArray(list)) return;
  members[name] = list
    .flatMap((id: unknown) => (typeof id === 'number' ? (numbers.get(id) ?? []) : []))
    .sort((one, other) => one - other);
}

function renumberKeys(members: Members, name: string, numbers: ReadonlyMap<number, number>): void {
  const known = members[name];
  if (!isMembers(known)) return;
  members[name] = Object.fromEntries(
    Object.entries(known).flatMap(([id, value]) => {
      const number = numbers.get(Number(id));
      return number === undefined ? [] : [[String(number), value] as const];
    }),
  );
}

/** An object of filters by chart, as JSON in a text. */
function renumberText(json: string, numbers: ReadonlyMap<number, number>): string {
  try {
    const members = { filters: JSON.parse(json) as unknown };
    renumberKeys(members, 'filters', numbers);
    return JSON.stringify(members.filters);
  } catch {
    return json;
  }
}
