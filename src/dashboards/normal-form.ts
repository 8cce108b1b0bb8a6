import { stringify } from 'yaml';
import { isMembers, nameOf, type Asset, type AssetKind, type Members } from './asset.js';
import { renumberCharts } from './chart-ids.js';
import { ourDatabase, placeholderUri, schemaOfFiles } from './connection.js';
import { replaceSchema } from './adapt.js';
import { withoutSecrets } from './secrets.js';

/** What newer versions of Superset export, and 4.1 does not take, when it has just the value that it is taken for without. */
const presets: Partial<Record<AssetKind, Members>> = {
  databases: { configuration_method: 'sqlalchemy_form', impersonate_user: false },
};

/** What Superset gives to the parameters of a chart by itself: its own numbers for it and what it belongs to. */
const ownParameters = ['datasource', 'slice_id', 'dashboards', 'url_params'];

/**
 * An asset as it stands in files: the same for the same thing, whichever Superset it comes from and however often it went
 * into one and out again, and without secrets. Its path is made from its name.
 *
 * @param schema - the schema of the models in that Superset.
 */
export function normalForm(asset: Asset, schema: string): Asset {
  const content = structuredClone(asset.content);
  removeEmpty(content);
  for (const [name, preset] of Object.entries(presets[asset.kind] ?? {})) {
    if (content[name] === preset) Reflect.deleteProperty(content, name);
  }
  switch (asset.kind) {
    case 'databases':
      if (asset.uuid === ourDatabase) content.sqlalchemy_uri = placeholderUri;
      else withoutSecrets(content);
      break;
    case 'datasets':
      normalDataset(content, schema);
      break;
    case 'charts':
      delete content.query_context;
      if (isMembers(content.params)) normalParameters(content.params);
      break;
    case 'dashboards':
      renumberCharts(content);
      // Which colours a page has given to which words; it does so again.
      if (isMembers(content.metadata)) {
        delete content.metadata.map_label_colors;
        delete content.metadata.shared_label_colors;
        // An import takes it away.
        if (content.metadata.default_filters === '{}') delete content.metadata.default_filters;
      }
      break;
  }
  return { ...asset, content };
}

/** The text of a file: keys in alphabetical order, long texts on lines of their own. */
export function textOf({ content }: Asset): string {
  // What a parser of YAML 1.1, such as Superset's, would take for a date or a boolean is quoted.
  const layout = { sortMapEntries: true, lineWidth: 0, singleQuote: true, aliasDuplicateObjects: false };
  return stringify(content, { ...layout, version: '1.1' });
}

/** A name as a part of a path, as far as it can be one: `Reports per week` as `reports_per_week`. */
export function fileNameOf(asset: Asset): string {
  const plain = nameOf(asset)
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, '_')
    .replace(/^_+|_+$/g, '')
    .slice(0, 80);
  return plain === '' ? asset.uuid : plain;
}

function normalParameters(params: Members): void {
  for (const name of ownParameters) Reflect.deleteProperty(params, name);
  // An import adds it.
  if (Array.isArray(params.annotation_layers) && params.annotation_layers.length === 0) delete params.annotation_layers;
}

function normalDataset(content: Members, schema: string): void {
  for (const [list, name] of [
    ['columns', 'column_name'],
    ['metrics', 'metric_name'],
  ] as const) {
    const items = content[list];
    if (!Array.isArray(items)) continue;
    for (const item of items.filter(isMembers)) removeEmpty(item);
    content[list] = items.filter(isMembers).sort((one, other) => compare(String(one[name]), String(other[name])));
  }
  if (content.database_uuid !== ourDatabase || schema === schemaOfFiles) return;
  if (content.schema === schema) content.schema = schemaOfFiles;
  if (typeof content.sql === 'string') content.sql = replaceSchema(content.sql, schema, schemaOfFiles);
}

/** Null, and objects without members where null is meant. */
function removeEmpty(members: Members): void {
  for (const [name, value] of Object.entries(members)) {
    const isEmpty = ['extra', 'template_params'].includes(name) && isMembers(value) && Object.keys(value).length === 0;
    if (value === null || isEmpty) Reflect.deleteProperty(members, name);
  }
}

/** By code points, whatever the language of this machine. */
function compare(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}
