import { strFromU8, unzipSync } from 'fflate';
import { ConfigError, messageOf, SyncError, type Log } from '../lib/index.js';
import { assetKinds, type Asset, type AssetKind } from './asset.js';
import { listDashboards, type KnownDashboard } from './inventory.js';
import { normalForm } from './normal-form.js';
import { readAsset } from './read-folder.js';
import { checkVersion } from './server-version.js';
import { SupersetClient, type SupersetAccess } from './superset-client.js';
import { writeFolder, type Written } from './write-folder.js';

/** What dashboards are exported with. */
export interface ExportOptions {
  readonly access: SupersetAccess;
  /** The folder for the files; made if it is not there. */
  readonly folder: string;
  /** The schema of the models. */
  readonly schema: string;
  /** Titles, slugs, uuids or ids of dashboards; all of them if missing. */
  readonly chosen?: readonly string[];
  /** Whether files in the folder that are not of what is exported are removed. */
  readonly prune: boolean;
  readonly log: Log;
}

/** What was exported, and the files that were touched. */
export interface Exported extends Written {
  readonly titles: readonly string[];
}

/**
 * Writes dashboards, with the charts on them and the datasets and connections of these, to files. The same dashboards give
 * the same files.
 *
 * @throws SyncError SUPERSET_*, DASHBOARD_FILES_INVALID; ConfigError when there is no dashboard of a chosen name.
 */
export async function exportDashboards(options: ExportOptions): Promise<Exported> {
  const { access, folder, schema, chosen, prune, log } = options;
  const client = await SupersetClient.signIn(access);
  await checkVersion(client, log);
  const all = await listDashboards(client);
  const dashboards = chosen === undefined ? all : choose(all, chosen);
  const assets = await exported(client, dashboards);
  const normal = assets.map((asset) => normalForm(asset, schema));
  const written = await writeFolder(folder, normal, { prune });
  return {
    titles: dashboards.map(({ title }) => title).sort(),
    ...written,
    // What was not chosen is not missing.
    left: chosen === undefined ? written.left : [],
  };
}

function choose(all: readonly KnownDashboard[], chosen: readonly string[]): KnownDashboard[] {
  const found = chosen.map((name) => {
    const matching = all.filter(({ id, uuid, title, slug }) => [String(id), uuid, title, slug].includes(name));
    const [one, ...others] = matching;
    if (one !== undefined && others.length === 0) return one;
    if (one === undefined) {
      const titles = all.map(({ title }) => `"${title}"`).join(', ');
      throw new ConfigError(`There is no dashboard "${name}".`, { remedy: `There are: ${titles || 'none at all'}.` });
    }
    const uuids = matching.map(({ uuid }) => uuid).join(', ');
    throw new ConfigError(`Several dashboards are named "${name}".`, { remedy: `Name it by uuid: ${uuids}.` });
  });
  return [...new Set(found)];
}

async function exported(client: SupersetClient, dashboards: readonly KnownDashboard[]): Promise<Asset[]> {
  if (dashboards.length === 0) return [];
  const ids = encodeURIComponent(`!(${dashboards.map(({ id }) => id).join(',')})`);
  const path = `/api/v1/dashboard/export/?q=${ids}`;
  const bytes = await client.bytes({ what: 'exporting the dashboards', path });
  let files: Record<string, Uint8Array>;
  try {
    files = unzipSync(bytes);
  } catch (error) {
    throw refused(client, `is no ZIP file: ${messageOf(error)}`);
  }
  const assets = new Map<string, Asset>();
  for (const [name, content] of Object.entries(files)) {
    // All is in one folder, which is named after the time.
    const path = name.slice(name.indexOf('/') + 1);
    const kind = assetKinds.find((candidate): candidate is AssetKind => path.startsWith(`${candidate}/`));
    if (kind === undefined) continue;
    const asset = readAsset(kind, path, strFromU8(content));
    if (typeof asset === 'string') throw refused(client, `has a file ${path} that is not right: ${asset}`);
    assets.set(asset.uuid, asset);
  }
  return [...assets.values()];
}

function refused(client: SupersetClient, words: string): SyncError {
  return new SyncError('SUPERSET_ANSWER_INVALID', `What ${client.url} has exported ${words}`, {
    remedy: 'Please report it, with the version of Superset.',
  });
}
