import { mkdir, readFile, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { vi } from 'vitest';
import { Disposables } from '../../support/disposables.js';
import { freePort } from '../../support/global-postgres.js';
import { createTemporaryFolder } from '../../support/temporary-folder.js';
import type { Block } from './blocks.js';
import { startCommandServer } from './command-server.js';
import { makeDocumentedPackage } from './documented-package.js';
import { marksOf } from './marks.js';
import { repository } from './pages.js';
import { makePrograms } from './programs.js';
import { Script } from './script.js';

/** A folder like that of the project, in which a demonstration runs that has caught up. */
export interface World extends AsyncDisposable {
  readonly folder: string;
  readonly pool: pg.Pool;
  /** The embedded source. */
  readonly couchdb: { readonly url: string; readonly user: string; readonly password: string };
  readonly metricsUrl: string;
  /** The names of the documented models, which its package has. */
  readonly models: readonly string[];
  /** The environment of a script; with `own`, of one for servers of one's own. */
  env(own?: boolean): Record<string, string>;
}

/** What blocks may name as in the folder of the project. */
const linked = ['bin', 'dbt', 'pipeline', 'deploy', 'dashboards', 'superset', 'package.json', '.python'];

/** The addresses that `start` leaves in its data folder. */
interface Addresses {
  readonly postgres: { host: string; port: number; user: string; password: string; database: string };
  readonly couchdb: { url: string; credentials: { user: string; password: string } };
}

const ownDatabase = 'own';

/** Starts the world by the command that a page says a demonstration is started with. */
export async function startWorld(blocks: readonly Block[]): Promise<World> {
  const starting = blocks.filter((block) => marksOf(block).world);
  if (starting.length !== 1) throw new Error(`${starting.length} blocks have the mark "world"; it is one`);
  const stack = new Disposables();
  try {
    const { path: root } = stack.use(await createTemporaryFolder());
    const folder = join(root, 'cht-sync');
    await mkdir(folder);
    for (const name of linked) await symlink(join(repository, name), join(folder, name));
    const socket = join(root, 'commands');
    stack.use(await startCommandServer(socket));
    const programs = await makePrograms(root, socket);
    const models = await makeDocumentedPackage(join(root, 'documented'), blocks);
    const metricsPort = await freePort();
    const basic = {
      PATH: `${programs}:${process.env.PATH ?? ''}`,
      HOME: root,
      METRICS_PORT: String(metricsPort),
      EMBEDDED_POSTGRES_PORT: String(await freePort()),
      EMBEDDED_COUCHDB_PORT: String(await freePort()),
      SAMPLE_DOCUMENTS: '600',
    };
    const [{ language, text }] = starting as [Block];
    const demo = new Script(language, text, folder, { ...basic, DBT_LOCAL_PATH: join(root, 'documented') });
    stack.use(demo);
    const metricsUrl = `http://127.0.0.1:${metricsPort}`;
    await untilReady(`${metricsUrl}/readyz`, demo);
    const { postgres, couchdb } = JSON.parse(
      await readFile(join(folder, '.cht-sync/addresses.json'), 'utf8'),
    ) as Addresses;
    const pool = new pg.Pool(postgres);
    stack.use({ [Symbol.asyncDispose]: () => pool.end() });
    await pool.query(`CREATE DATABASE ${ownDatabase}`);
    // Pages call the role of dashboards so before they say how it is made.
    await pool.query('CREATE ROLE dashboards LOGIN');
    await untilModelled(pool);
    const { hostname, port } = new URL(couchdb.url);
    const { user, password } = couchdb.credentials;
    const own = {
      ...{ COUCHDB_HOST: hostname, COUCHDB_PORT: port, COUCHDB_USER: user, COUCHDB_PASSWORD: password },
      ...{ COUCHDB_DBS: 'medic,medic-sentinel' },
      ...{ POSTGRES_HOST: postgres.host, POSTGRES_PORT: String(postgres.port), POSTGRES_DB: ownDatabase },
      ...{ POSTGRES_USER: postgres.user, POSTGRES_PASSWORD: postgres.password, METRICS_PORT: '0' },
    };
    return {
      ...{ folder, pool, metricsUrl, models, couchdb: { url: couchdb.url, user, password } },
      env: (isOwn = false) => ({ ...basic, ...(isOwn ? own : {}) }),
      [Symbol.asyncDispose]: () => stack[Symbol.asyncDispose](),
    };
  } catch (error) {
    await stack[Symbol.asyncDispose]();
    throw error;
  }
}

async function untilReady(url: string, demo: Script): Promise<void> {
  const isReady = async () => {
    const response = await fetch(url);
    if (!response.ok) throw new Error(`${await response.text()}\n${demo.output}`);
  };
  await vi.waitFor(isReady, { timeout: 120_000, interval: 200 });
}

/** Waits until every document is in the models. */
async function untilModelled(pool: pg.Pool): Promise<void> {
  const areAll = async () => {
    const { rows } = await pool.query<{ documents: number; metadata: number }>(
      `SELECT (SELECT count(*)::integer FROM v1.couchdb WHERE NOT _deleted) AS documents,
         (SELECT count(*)::integer FROM v1.document_metadata) AS metadata`,
    );
    const { documents, metadata } = rows[0]!;
    if (documents === 0 || documents !== metadata)
      throw new Error(`${metadata} of ${documents} documents are modelled`);
  };
  await vi.waitFor(areAll, { timeout: 60_000, interval: 100 });
}
