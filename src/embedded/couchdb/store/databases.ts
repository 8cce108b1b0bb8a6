import { CouchError, notFound } from '../couch-error.js';
import { randomHex, type Random } from '../random.js';
import { Database, type DatabaseState } from './database.js';
import { catalogKeys, instanceKeys, instances } from './keys.js';
import { writeAll, type Level, type Operation } from './level.js';

/** What the databases need from outside. */
export interface DatabasesOptions {
  readonly level: Level;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly random: Random;
  /** The shards of a database that does not say how many it wants. */
  readonly shards: number;
}

const mostShards = 100;
const defaultPurgedInfosLimit = 1000;
/** Who may read a new database: admins, as in CouchDB since 3.0. */
const defaultSecurity = '{"members":{"roles":["_admin"]},"admins":{"roles":["_admin"]}}';

/** The databases by name. */
export class Databases {
  readonly #open = new Map<string, Promise<Database>>();
  #last: Promise<unknown> = Promise.resolve();

  constructor(private readonly options: DatabasesOptions) {}

  /** All names, in order. */
  async names(): Promise<string[]> {
    const keys = await this.options.level.keys(catalogKeys.databases).all();
    return keys.map((key) => key.slice(catalogKeys.databases.gte.length));
  }

  /** @throws CouchError 404 when there is none of this name. */
  async get(name: string): Promise<Database> {
    const opened = this.#open.get(name);
    if (opened !== undefined) return opened;
    const opening = this.#load(name);
    this.#open.set(name, opening);
    opening.catch(() => {
      if (this.#open.get(name) === opening) this.#open.delete(name);
    });
    return opening;
  }

  /** @throws CouchError 400 when it may not have this name, 412 when there is one. */
  create(name: string, shards = this.options.shards): Promise<Database> {
    checkName(name);
    if (!Number.isInteger(shards) || shards < 1 || shards > mostShards) {
      throw new CouchError(400, 'bad_request', 'The `q` parameter must be an integer between 1 and 100.');
    }
    return this.#alone(async () => {
      if ((await this.options.level.get(catalogKeys.database(name))) !== undefined) {
        throw new CouchError(412, 'file_exists', 'The database could not be created, the file already exists.');
      }
      const instance = await this.#newInstance();
      const state: DatabaseState = {
        name,
        created: Math.floor(this.options.now() / 1000),
        shards: Array.from({ length: shards }, () => ({ uuid: this.newUuid(), seq: 0, purges: 0 })),
        live: 0,
        deleted: 0,
        security: defaultSecurity,
        purgedInfosLimit: defaultPurgedInfosLimit,
        purgeLines: 0,
      };
      await writeAll(this.options.level, [
        { type: 'put', key: instanceKeys(instance).meta, value: JSON.stringify(state) },
        { type: 'put', key: catalogKeys.database(name), value: String(instance) },
      ]);
      return this.#reopen(name);
    });
  }

  /** @throws CouchError 404 when there is none of this name. */
  async delete(name: string): Promise<void> {
    await this.#alone(async () => {
      const old = await this.get(name);
      await this.options.level.del(catalogKeys.database(name));
      await this.#retire(name, old);
    });
  }

  /**
   * Puts another instance in the place of a database: what is under way ends as though it had been deleted.
   *
   * @param fill - writes the instance's data.
   */
  async replace(name: string, fill: (instance: number) => Promise<void>): Promise<Database> {
    return this.#alone(async () => {
      const old = await this.get(name);
      const instance = await this.#newInstance();
      // Nobody may write between the copy and the change of the pointer: it would be lost.
      await old.exclusive(async () => {
        await fill(instance);
        await this.options.level.put(catalogKeys.database(name), String(instance));
        old.end();
      });
      await this.#retire(name, old);
      return this.#reopen(name);
    });
  }

  /** An instance that no database has. */
  newInstance(): Promise<number> {
    return this.#alone(() => this.#newInstance());
  }

  /** The uuid of a new shard. */
  newUuid(): string {
    return randomHex(this.options.random, 16);
  }

  /** Ends them all, when what is being written is written. */
  async close(): Promise<void> {
    const opened = await Promise.allSettled(this.#open.values());
    for (const result of opened) {
      if (result.status !== 'fulfilled') continue;
      result.value.end();
      await result.value.idle();
    }
    await this.#last;
  }

  /** Removes the data of instances that a killed process left half made or half deleted. */
  async removeLeftovers(): Promise<void> {
    const { level } = this.options;
    const used = [
      ...(await level.values(catalogKeys.databases).all()),
      ...(await level.values(catalogKeys.snapshots).all()),
    ];
    let from = instances.gte;
    for (const instance of used.map(Number).sort((a, b) => a - b)) {
      const { all } = instanceKeys(instance);
      await level.clear({ gte: from, lt: all.gte });
      from = all.lt;
    }
    await level.clear({ gte: from, lt: instances.lt });
  }

  /** Without what somebody found, or did not find, a moment ago. */
  #reopen(name: string): Promise<Database> {
    this.#open.delete(name);
    return this.get(name);
  }

  async #load(name: string): Promise<Database> {
    const instance = await this.options.level.get(catalogKeys.database(name));
    if (instance === undefined) throw notFound('Database does not exist.');
    return Database.open(this.options.level, Number(instance));
  }

  async #retire(name: string, old: Database): Promise<void> {
    this.#open.delete(name);
    old.end();
    await old.idle();
    await this.options.level.clear(old.keys.all);
  }

  async #newInstance(): Promise<number> {
    const { level } = this.options;
    const instance = Number((await level.get(catalogKeys.lastInstance)) ?? 0) + 1;
    await level.put(catalogKeys.lastInstance, String(instance));
    return instance;
  }

  async #alone<Result>(work: () => Promise<Result>): Promise<Result> {
    const run = this.#last.then(work);
    this.#last = run.catch(() => undefined);
    return run;
  }
}

/** Copies everything under one instance to another. */
export async function copyInstance(level: Level, from: number, to: number): Promise<void> {
  const source = instanceKeys(from);
  const target = instanceKeys(to);
  let operations: Operation[] = [];
  for await (const [key, value] of level.iterator(source.all)) {
    operations.push({ type: 'put', key: target.prefix + key.slice(source.prefix.length), value });
    if (operations.length === 1000) {
      await writeAll(level, operations);
      operations = [];
    }
  }
  await writeAll(level, operations);
}

const systemDatabases = new Set(['_users', '_replicator', '_global_changes']);

function checkName(name: string): void {
  if (/^[a-z][a-z0-9_$()+/-]*$/.test(name) || systemDatabases.has(name)) return;
  const reason =
    `Name: '${name}'. Only lowercase characters (a-z), digits (0-9), and any of the characters _, $, (, ), +, -, and / ` +
    'are allowed. Must begin with a letter.';
  throw new CouchError(400, 'illegal_database_name', reason);
}
