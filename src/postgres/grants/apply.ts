import type pg from 'pg';
import { quoteIdentifier } from '../identifiers.js';
import { inShortLocks, type LockPatience } from '../migration/short-lock.js';
import type { GrantFacts } from './look.js';
import { documentsTable, rawTables } from './privileges.js';
import type { GrantSection, GrantWish } from './statements.js';

/** Makes the grants, all or none. @throws pg.DatabaseError, SyncError. */
export async function applyGrants(
  client: pg.ClientBase,
  sections: readonly GrantSection[],
  { models }: GrantFacts,
  patience: LockPatience,
): Promise<void> {
  const tables = models.map(({ schema, name }) => `${quoteIdentifier(schema)}.${quoteIdentifier(name)}`);
  await inShortLocks(client, tables, patience, async () => {
    for (const statement of sections.flatMap(({ statements }) => statements)) await client.query(statement);
  });
}

/** What grants cannot keep a reader from, in words: by other ways than its own grants. */
export async function readersOtherWays(
  client: pg.ClientBase,
  { roles: { reader }, rawSchema, table, raw }: GrantWish,
  { superusers }: GrantFacts,
): Promise<string[]> {
  if (reader === undefined) return [];
  if (superusers.has(reader)) return [`${reader} is a superuser, whom no grant limits.`];
  const names = rawTables
    .map((name) => (name === documentsTable ? table : name))
    .filter((name) => !raw || name !== table);
  const { rows } = await client.query<{ name: string; privileges: string }>(
    `SELECT name, string_agg(privilege, ', ') AS privileges
     FROM unnest($2::text[]) AS name, unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE']) AS privilege
     WHERE has_table_privilege($1, format('%I.%I', $3::text, name), privilege) GROUP BY name ORDER BY name`,
    [reader, names, rawSchema],
  );
  return rows.map(
    ({ name, privileges }) =>
      `${reader} still has ${privileges} on ${rawSchema}.${name}: as its owner, by a role that it is a member of, or as PUBLIC.`,
  );
}
