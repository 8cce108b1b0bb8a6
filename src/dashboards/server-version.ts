import { SyncError, type Log } from '../lib/index.js';
import type { SupersetClient } from './superset-client.js';

/** The oldest that is known to take the files, and the newest that was tried. */
const oldest = [4, 1] as const;
const newest = [6, 1] as const;

/**
 * The version of Superset, from the data that each of its pages carries for its own use; undefined when it does not say.
 *
 * @throws SyncError SUPERSET_TOO_OLD.
 */
export async function checkVersion(client: SupersetClient, log: Log): Promise<string | undefined> {
  const version = versionIn((await client.page('/login/')) ?? '');
  if (version === undefined) {
    log.info('this Superset does not tell its version');
    return undefined;
  }
  if (compare(version, oldest) < 0) {
    throw new SyncError('SUPERSET_TOO_OLD', `${client.url} is Superset ${version}; 4.1 or newer is needed.`, {
      remedy: 'Upgrade it: https://superset.apache.org/docs/installation/upgrading-superset',
    });
  }
  if (compare(version, newest) > 0) log.warn(`Superset ${version} is newer than 6.1, the newest that was tried.`);
  return version;
}

/** The version in a page of Superset, such as `6.1.0`. */
export function versionIn(page: string): string | undefined {
  const plain = page.replaceAll(/&#34;|&quot;/g, '"');
  return /"version_string"\s*:\s*"(\d+\.\d+[^"]*)"/.exec(plain)?.[1];
}

function compare(version: string, [major, minor]: readonly [number, number]): number {
  const [ownMajor = 0, ownMinor = 0] = version.split('.').map((part) => Number.parseInt(part, 10));
  return ownMajor === major ? ownMinor - minor : ownMajor - major;
}
