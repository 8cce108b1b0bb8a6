import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Config } from '../../config/index.js';
import {
  fillSource,
  keptSecret,
  startEmbeddedCouchDb,
  type FilledSource,
  type FillProgress,
} from '../../embedded/index.js';
import { systemClock, type Log } from '../../lib/index.js';
import { freePortFrom } from './free-port.js';

/** What the embedded source is started with. */
export interface SourceSettings {
  /** The data folder of the demonstration. */
  readonly folder: string;
  readonly config: Pick<Config, 'embeddedCouchdbPort' | 'sampleDocuments' | 'sampleSeed'>;
  /** Whether the user has named the port: then no other is taken. */
  readonly portIsOwn: boolean;
  readonly log: Log;
}

/** The embedded source of the demonstration. */
export interface DemonstrationSource {
  readonly url: string;
  readonly user: string;
  readonly password: string;
  readonly passwordFile: string;
  /** A file for `curl -K` that signs in. */
  readonly curlFile: string;
  /** Fills it with the sample, if that has not been done before. */
  fill(signal: AbortSignal, onProgress?: (progress: FillProgress) => void): Promise<FilledSource>;
  stop(): Promise<void>;
}

const user = 'admin';

/**
 * Starts the embedded source on its data folder, with a password of its own.
 *
 * @throws SyncError EMBEDDED_FAILED when its port is taken and the user has named that port.
 */
export async function startSource({ folder, config, portIsOwn, log }: SourceSettings): Promise<DemonstrationSource> {
  const { embeddedCouchdbPort: wanted, sampleDocuments, sampleSeed } = config;
  const data = join(folder, 'couchdb');
  await mkdir(data, { recursive: true });
  const passwordFile = join(folder, 'couchdb-password');
  const password = await keptSecret(passwordFile, 18);
  const curlFile = join(folder, 'curl.conf');
  await writeFile(curlFile, curlConfiguration(password), { mode: 0o600 });

  const port = portIsOwn ? wanted : await freePortFrom(wanted);
  if (port !== wanted) log.warn(`Port ${wanted} is in use: the embedded source listens on ${port}.`);
  const server = await startEmbeddedCouchDb({
    folder: data,
    port,
    admin: { user, password },
    log,
    clock: systemClock,
  });
  return {
    url: server.url,
    user,
    password,
    passwordFile,
    curlFile,
    fill: (signal, onProgress) =>
      fillSource({
        ...{ url: server.url, user, password, signal, log },
        documents: sampleDocuments,
        seed: sampleSeed,
        now: new Date(),
        ...(onProgress === undefined ? {} : { onProgress }),
      }),
    stop: () => server.stop(),
  };
}

function curlConfiguration(password: string): string {
  const lines = [`user = "${user}:${password}"`, 'header = "Content-Type: application/json"', 'silent', 'show-error'];
  return `${lines.join('\n')}\n`;
}
