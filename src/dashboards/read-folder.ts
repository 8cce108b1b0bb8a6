import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { messageOf, SyncError } from '../lib/index.js';
import { assetKinds, isMembers, nameMember, type Asset, type AssetKind } from './asset.js';
import { referencesOf } from './references.js';

/** The version of the export format; all of Superset 1 to 6 have this one. */
const formatVersion = '1.0.0';
const uuidForm = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/**
 * Reads the files of a folder: connections, datasets, charts and dashboards in Superset's export format.
 *
 * @throws SyncError DASHBOARD_FILES_INVALID that names every file which is not right.
 */
export async function readFolder(folder: string): Promise<Asset[]> {
  const problems: string[] = [];
  const assets: Asset[] = [];
  for (const kind of assetKinds) {
    for (const path of await yamlFilesIn(folder, kind)) {
      const asset = readAsset(kind, path, await readFile(join(folder, path), 'utf8'));
      if (typeof asset === 'string') problems.push(`${path}: ${asset}`);
      else assets.push(asset);
    }
  }
  if (problems.length === 0) problems.push(...problemsBetween(assets));
  if (assets.length === 0 && problems.length === 0) {
    problems.push(`there is no .yaml file in ${assetKinds.join(', ')}`);
  }
  if (problems.length > 0) throw invalidFiles(folder, problems);
  return assets;
}

/**
 * A text that changes when files, or what they are adapted to, do. It holds the password.
 *
 * @throws SyncError DASHBOARD_FILES_INVALID.
 */
export async function fingerprintOf(folder: string, deployment: object): Promise<string> {
  return JSON.stringify([await readFolder(folder), deployment]);
}

/**
 * Where in a folder the files of assets are, by uuid; what is no such file is left out.
 *
 * @throws SyncError DASHBOARD_FILES_INVALID when the folder cannot be read.
 */
export async function pathsIn(folder: string): Promise<Map<string, string>> {
  const paths = new Map<string, string>();
  for (const kind of assetKinds) {
    for (const path of await yamlFilesIn(folder, kind)) {
      const asset = readAsset(kind, path, await readFile(join(folder, path), 'utf8'));
      if (typeof asset !== 'string') paths.set(asset.uuid, path);
    }
  }
  return paths;
}

/** The asset in a text, or what is wrong with it. */
export function readAsset(kind: AssetKind, path: string, text: string): Asset | string {
  let content: unknown;
  try {
    content = parse(text);
  } catch (error) {
    return `it is not valid YAML: ${messageOf(error)}`;
  }
  if (!isMembers(content)) return 'it is not a YAML mapping';
  const { uuid, version } = content;
  if (typeof uuid !== 'string' || !uuidForm.test(uuid)) return 'its uuid is missing or not one';
  if (version !== formatVersion) return `its version is not ${formatVersion}`;
  const name = nameMember[kind];
  if (typeof content[name] !== 'string' || content[name] === '') return `it has no ${name}`;
  return { kind, path, uuid, content };
}

/** Superset would drop a chart that is not there without a word, and fail without words for another asset. */
function problemsBetween(assets: readonly Asset[]): string[] {
  const paths = new Map<string, string>();
  const problems: string[] = [];
  for (const { uuid, path } of assets) {
    const other = paths.get(uuid);
    if (other !== undefined) problems.push(`${path}: it has the uuid of ${other}`);
    paths.set(uuid, path);
  }
  for (const asset of assets) {
    for (const { member, uuid } of referencesOf(asset)) {
      if (!paths.has(uuid)) problems.push(`${asset.path}: ${member} names ${uuid}, which no file has`);
    }
  }
  return problems;
}

async function yamlFilesIn(folder: string, kind: AssetKind): Promise<string[]> {
  try {
    const names = await readdir(join(folder, kind), { recursive: true });
    return names
      .filter((name) => /\.ya?ml$/i.test(name))
      .map((name) => `${kind}/${name.replaceAll('\\', '/')}`)
      .sort();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw invalidFiles(folder, [messageOf(error)]);
  }
}

function invalidFiles(folder: string, problems: readonly string[]): SyncError {
  return new SyncError(
    'DASHBOARD_FILES_INVALID',
    `The dashboards in ${folder} cannot be used:\n  ${problems.join('\n  ')}`,
    { remedy: 'Correct what is named, or name another folder.' },
  );
}
