import { z } from 'zod';
import type { SupersetClient } from './superset-client.js';

const pageSize = 100;

const databasesSchema = z.object({
  count: z.number(),
  result: z.array(z.object({ id: z.number(), uuid: z.string(), database_name: z.string() })),
});

const dashboardsSchema = z.object({
  count: z.number(),
  result: z.array(
    z.object({ id: z.number(), uuid: z.string(), dashboard_title: z.string().nullable(), slug: z.string().nullable() }),
  ),
});

/** A connection to a database that Superset has. */
export interface KnownDatabase {
  readonly id: number;
  readonly uuid: string;
  readonly name: string;
}

/** A dashboard that Superset has. */
export interface KnownDashboard {
  readonly id: number;
  readonly uuid: string;
  readonly title: string;
  readonly slug: string | null;
}

/** All connections that the user may see. @throws SyncError SUPERSET_*. */
export async function listDatabases(client: SupersetClient): Promise<KnownDatabase[]> {
  const found = await allPages('database_name', (query) =>
    client.json({ what: 'listing the databases', path: `/api/v1/database/?q=${query}` }, databasesSchema),
  );
  return found.map(({ id, uuid, database_name: name }) => ({ id, uuid, name }));
}

/** All dashboards that the user may see. @throws SyncError SUPERSET_*. */
export async function listDashboards(client: SupersetClient): Promise<KnownDashboard[]> {
  const found = await allPages('dashboard_title', (query) =>
    client.json({ what: 'listing the dashboards', path: `/api/v1/dashboard/?q=${query}` }, dashboardsSchema),
  );
  return found.map(({ id, uuid, dashboard_title: title, slug }) => ({ id, uuid, title: title ?? '', slug }));
}

/** Queries are written in Rison: https://github.com/Nanonid/rison */
async function allPages<T>(
  order: string,
  ask: (query: string) => Promise<{ count: number; result: T[] }>,
): Promise<T[]> {
  const all: T[] = [];
  for (let page = 0; ; page += 1) {
    const { count, result } = await ask(
      encodeURIComponent(`(order_column:${order},order_direction:asc,page:${page},page_size:${pageSize})`),
    );
    all.push(...result);
    if (all.length >= count || result.length === 0) return all;
  }
}
