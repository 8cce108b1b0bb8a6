import { isMembers, listIn, membersIn, type Asset, type Members } from './asset.js';

/** The charts in the layout of a dashboard: the part of each that names its chart. */
export function chartPlaces(dashboard: Members): Members[] {
  return Object.values(membersIn(dashboard, 'position')).flatMap((part) =>
    isMembers(part) && part.type === 'CHART' && isMembers(part.meta) ? [part.meta] : [],
  );
}

/** The filters of a dashboard. */
export function filtersOf(dashboard: Members): Members[] {
  return listIn(membersIn(dashboard, 'metadata'), 'native_filter_configuration');
}

/** The uuids of what an asset cannot do without, and in which member each stands. */
export function referencesOf({ kind, content }: Asset): { member: string; uuid: string }[] {
  switch (kind) {
    case 'databases':
      return [];
    case 'datasets':
      return [{ member: 'database_uuid', uuid: String(content.database_uuid) }];
    case 'charts':
      return [{ member: 'dataset_uuid', uuid: String(content.dataset_uuid) }];
    case 'dashboards':
      return [
        ...chartPlaces(content).map(({ uuid }) => ({ member: 'position', uuid: String(uuid) })),
        ...filtersOf(content)
          .flatMap((filter) => listIn(filter, 'targets'))
          .flatMap(({ datasetUuid }) =>
            typeof datasetUuid === 'string' ? [{ member: 'native_filter_configuration', uuid: datasetUuid }] : [],
          ),
      ];
  }
}
