import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { request } from 'undici';
import { folderFingerprint } from './folder-fingerprint.js';
import { gitLocation, type PackageSource } from './source.js';

const probeTimeoutMs = 20_000;
const fullCommit = /^[0-9a-f]{40}$/;

/** How a revision is asked for. */
export interface RevisionOptions {
  /** The environment for git. */
  readonly environment: Readonly<Record<string, string>>;
}

/**
 * Something that is different when the package's content is: a folder's state, a commit, a download's ETag. Undefined
 * when the source does not tell.
 *
 * @throws Error when the source cannot be reached.
 */
export async function revisionOf(source: PackageSource, options: RevisionOptions): Promise<string | undefined> {
  switch (source.kind) {
    case 'bundled':
    case 'local':
      return folderFingerprint(source.path);
    case 'git':
      return commitOf(source.url, options.environment);
    case 'tarball':
      return versionOfDownload(source.url);
  }
}

/** Whether a source can change at all: a commit cannot. */
export function isFixed(source: PackageSource): boolean {
  return source.kind === 'git' && fullCommit.test(gitLocation(source.url).revision ?? '');
}

async function commitOf(url: string, environment: Readonly<Record<string, string>>): Promise<string | undefined> {
  const { repository, revision } = gitLocation(url);
  if (revision !== undefined && fullCommit.test(revision)) return revision;
  const { stdout } = await promisify(execFile)('git', ['ls-remote', '--', repository, revision ?? 'HEAD'], {
    env: environment,
    timeout: probeTimeoutMs,
  });
  // A tag that has a message is listed twice; both lines together tell when it moves.
  return stdout.trim() === '' ? undefined : stdout.trim().replaceAll(/\s+/g, ' ');
}

async function versionOfDownload(url: string): Promise<string | undefined> {
  const signal = AbortSignal.timeout(probeTimeoutMs);
  const { statusCode, headers, body } = await request(url, { method: 'HEAD', signal });
  await body.dump();
  if (statusCode >= 400) return undefined;
  const told = [headers.etag, headers['last-modified']].filter((value) => value !== undefined);
  return told.length === 0 ? undefined : told.flat().join(' ');
}
