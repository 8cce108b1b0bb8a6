import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { messageOf, SyncError } from '../lib/index.js';
import { ofKind, type Asset } from './asset.js';
import { fileNameOf, textOf } from './normal-form.js';
import { pathsIn } from './read-folder.js';

/** The files that were touched, by their paths inside the folder. */
export interface Written {
  /** Those that are new or other than before. */
  readonly written: readonly string[];
  readonly removed: readonly string[];
  /** Those that are of nothing that was written. */
  readonly left: readonly string[];
}

/**
 * Writes assets to files. One that is in the folder already, by its uuid, keeps its file, whatever that is named.
 *
 * @throws SyncError DASHBOARD_FILES_INVALID.
 */
export async function writeFolder(
  folder: string,
  assets: readonly Asset[],
  { prune }: { readonly prune: boolean },
): Promise<Written> {
  try {
    const before = await pathsIn(folder);
    const paths = placesFor(assets, before);
    const written: string[] = [];
    for (const asset of assets) {
      const path = paths.get(asset.uuid) ?? asset.path;
      const text = textOf(asset);
      const file = join(folder, path);
      if ((await readFile(file, 'utf8').catch(() => undefined)) === text) continue;
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, text);
      written.push(path);
    }
    const others = [...before].filter(([uuid]) => !paths.has(uuid)).map(([, path]) => path);
    if (prune) for (const path of others) await rm(join(folder, path));
    return { written: written.sort(), removed: prune ? others.sort() : [], left: prune ? [] : others.sort() };
  } catch (error) {
    if (error instanceof SyncError) throw error;
    throw new SyncError('DASHBOARD_FILES_INVALID', `The folder ${folder} cannot be written: ${messageOf(error)}`, {
      remedy: 'Make it writable for this user, or name another.',
      cause: error,
    });
  }
}

/** A path for each asset, by uuid. */
export function placesFor(assets: readonly Asset[], before: ReadonlyMap<string, string>): Map<string, string> {
  const places = new Map<string, string>();
  const taken = new Set(before.values());
  const databases = new Map(ofKind(assets, 'databases').map((asset) => [asset.uuid, fileNameOf(asset)]));
  // In an order that does not depend on what Superset has given first.
  for (const asset of [...assets].sort((one, other) => (one.uuid < other.uuid ? -1 : 1))) {
    const kept = before.get(asset.uuid);
    const database = databases.get(String(asset.content.database_uuid));
    const place = asset.kind === 'datasets' && database !== undefined ? `datasets/${database}` : asset.kind;
    const name = `${place}/${fileNameOf(asset)}`;
    const fresh = taken.has(`${name}.yaml`) ? `${name}_${asset.uuid.slice(0, 8)}.yaml` : `${name}.yaml`;
    const path = kept ?? fresh;
    taken.add(path);
    places.set(asset.uuid, path);
  }
  return places;
}
