import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';

const signIn = { user: z.string(), password: z.string() };

const schema = z.object({
  postgres: z.object({ host: z.string(), port: z.number(), ...signIn, database: z.string() }).optional(),
  couchdb: z.object({ url: z.string(), credentials: z.object(signIn) }).optional(),
  superset: z
    .object({
      access: z.object({ url: z.string(), ...signIn }),
      /** The role that its dashboards read PostgreSQL as; missing for a PostgreSQL of the user's own. */
      reader: z.object(signIn).optional(),
    })
    .optional(),
});

/** Where the embedded servers of a demonstration listen, for commands beside it. */
export type Addresses = z.infer<typeof schema>;

const nameOfFile = 'addresses.json';

/** Writes the addresses for as long as the demonstration runs; gives what removes them. Only this user can read them. */
export async function publishAddresses(dataFolder: string, addresses: Addresses): Promise<() => Promise<void>> {
  const file = join(dataFolder, nameOfFile);
  await rm(file, { force: true });
  await writeFile(file, JSON.stringify(addresses), { mode: 0o600 });
  return () => rm(file, { force: true });
}

/** The addresses of the demonstration that runs in this folder; undefined when none does. */
export async function readAddresses(dataFolder: string): Promise<Addresses | undefined> {
  try {
    return schema.parse(JSON.parse(await readFile(join(dataFolder, nameOfFile), 'utf8')));
  } catch {
    return undefined;
  }
}
