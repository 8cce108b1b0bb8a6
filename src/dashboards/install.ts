import { strToU8, zipSync } from 'fflate';
import { FormData } from 'undici';
import { z } from 'zod';
import { SyncError, type Log } from '../lib/index.js';
import { adapt, type Deployment } from './adapt.js';
import { ofKind, type Asset } from './asset.js';
import { ourDatabase, sqlalchemyUri, type DashboardConnection } from './connection.js';
import { listDashboards, listDatabases } from './inventory.js';
import { readFolder } from './read-folder.js';
import { checkVersion } from './server-version.js';
import { SupersetClient, type SupersetAccess } from './superset-client.js';

/** What dashboards are installed with. */
export interface InstallOptions extends Deployment {
  readonly access: SupersetAccess;
  /** The folder with the files. */
  readonly folder: string;
  readonly log: Log;
}

/** What was installed. */
export interface Installed {
  /** Of Superset; undefined when it does not say. */
  readonly version: string | undefined;
  readonly charts: number;
  readonly dashboards: readonly { readonly title: string; readonly url: string }[];
}

const answerSchema = z.object({ message: z.unknown() });
const neverRight = 'charts/cht_sync_never_right.yaml';

/**
 * Installs the connection, datasets, charts and dashboards of a folder in a Superset, all or none of them. What was installed
 * before is brought to what the files say; everything else is left alone.
 *
 * @throws SyncError SUPERSET_*, DASHBOARD_FILES_INVALID.
 */
export async function installDashboards(options: InstallOptions): Promise<Installed> {
  const { access, folder, connection, log } = options;
  const assets = await readFolder(folder);
  const client = await SupersetClient.signIn(access);
  const version = await checkVersion(client, log);
  const databases = await listDatabases(client);
  const adapted = adapt(assets, options, { databases, dashboards: await listDashboards(client) });
  if (adapted.some(({ uuid }) => uuid === ourDatabase)) await testConnection(client, connection);
  await importAssets(client, adapted, connection);
  const installed = new Set(ofKind(assets, 'dashboards').map(({ uuid }) => uuid));
  const dashboards = (await listDashboards(client)).filter(({ uuid }) => installed.has(uuid));
  return {
    version,
    charts: ofKind(assets, 'charts').length,
    dashboards: dashboards.map(({ id, slug, title }) => ({
      title,
      url: `${client.url}/superset/dashboard/${slug ?? id}/`,
    })),
  };
}

/** Superset imports a connection that does not work without a word; all charts would fail. */
async function testConnection(client: SupersetClient, connection: DashboardConnection): Promise<void> {
  const { host, port, user, password, database } = connection;
  const json = {
    sqlalchemy_uri: sqlalchemyUri(connection, password),
    // Not the name of a connection that is there: its password would be taken.
    database_name: 'cht-sync test of a connection',
    configuration_method: 'sqlalchemy_form',
    impersonate_user: false,
  };
  const what = `connecting to PostgreSQL on ${host}:${port}, database ${database}, as ${user}`;
  try {
    await client.json({ what, path: '/api/v1/database/test_connection/', json }, answerSchema);
  } catch (error) {
    if (!(error instanceof SyncError) || error.code !== 'SUPERSET_REFUSED') throw error;
    const isDriver = /driver|psycopg2/i.test(error.message);
    throw new SyncError('SUPERSET_DATABASE_UNREACHABLE', error.message, {
      remedy: isDriver
        ? 'Add psycopg2-binary to the image or environment of Superset: https://superset.apache.org/docs/configuration/databases'
        : 'Set SUPERSET_DB_HOST, SUPERSET_DB_PORT, SUPERSET_DB_USER and SUPERSET_DB_PASSWORD to how Superset, from where it runs, reaches PostgreSQL.',
      cause: error,
    });
  }
}

async function importAssets(
  client: SupersetClient,
  assets: readonly Asset[],
  { password }: DashboardConnection,
): Promise<void> {
  const passwords = assets.filter(({ uuid }) => uuid === ourDatabase).map(({ path }) => [path, password]);
  const formOf = (files: readonly Pick<Asset, 'path' | 'content'>[], type: string, name: string) => {
    const form = new FormData();
    form.set(name, new Blob([bundleOf(files, type)], { type: 'application/zip' }), 'cht-sync.zip');
    form.set('passwords', JSON.stringify(Object.fromEntries(passwords)));
    return form;
  };
  const what = 'importing the dashboards';
  try {
    const form = formOf(assets, 'assets', 'bundle');
    await client.json({ what, path: '/api/v1/assets/import/', form }, answerSchema);
  } catch (error) {
    if (!(error instanceof SyncError) || error.code !== 'SUPERSET_REFUSED') throw error;
    // This way in does not say why. Another does, which is given a file that is never right, so that it imports nothing.
    const form = formOf([...assets, { path: neverRight, content: {} }], 'Dashboard', 'formData');
    const reasons = await client.json({ what, path: '/api/v1/dashboard/import/', form }, answerSchema).then(
      () => [],
      (refusal: unknown) => reasonsIn(refusal),
    );
    if (reasons.length === 0) throw error;
    throw new SyncError('SUPERSET_REFUSED', `${client.url} refuses the dashboards:\n  ${reasons.join('\n  ')}`, {
      remedy: 'Correct the files; an older Superset does not take what a newer one has exported.',
      cause: error,
    });
  }
}

function reasonsIn(refusal: unknown): string[] {
  if (!(refusal instanceof SyncError) || refusal.code !== 'SUPERSET_REFUSED') return [];
  const named = /(?:databases|datasets|charts|dashboards)\/[^;]+/g;
  const files = refusal.message.match(named) ?? [];
  // It says all twice, once as Python writes it.
  return files.filter(
    (text) => !text.startsWith(neverRight) && !text.includes('already exists') && !text.includes("{'"),
  );
}

/** The files in one folder of a ZIP file, as JSON, which is YAML that all parsers read alike. */
function bundleOf(assets: readonly Pick<Asset, 'path' | 'content'>[], type: string): Uint8Array<ArrayBuffer> {
  const metadata = { version: '1.0.0', type, timestamp: '2026-01-01T00:00:00+00:00' };
  const files = [{ path: 'metadata.yaml', content: metadata as object }, ...assets];
  const zipped = zipSync(
    Object.fromEntries(files.map(({ path, content }) => [`cht-sync/${path}`, strToU8(JSON.stringify(content))])),
  );
  return new Uint8Array(zipped);
}
