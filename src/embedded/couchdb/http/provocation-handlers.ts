import { CouchError, methodNotAllowed, notFound } from '../couch-error.js';
import { checkedAwkwardness } from '../awkwardness-schema.js';
import type { AwkwardnessSwitches } from '../awkwardness-switches.js';
import type { Databases } from '../store/databases.js';
import type { Provocations } from '../store/provocations.js';
import { purgeTombstones } from '../store/purging.js';
import type { Exchange } from './exchange.js';
import type { User } from './session.js';

/** What stands under `/_embedded`, for the admin: what no CouchDB has. */
export class ProvocationHandlers {
  constructor(
    private readonly awkwardness: AwkwardnessSwitches,
    private readonly databases: Databases,
    private readonly provocations: Provocations,
  ) {}

  /** Answers what is asked under `/_embedded`. */
  async handle(exchange: Exchange, user: User): Promise<void> {
    if (!user.roles.includes('_admin')) throw new CouchError(403, 'forbidden', 'You are not a server admin.');
    const [, what, ...names] = exchange.path;
    if (what === 'awkwardness') return this.#awkwardness(exchange);
    if (exchange.method !== 'POST') throw methodNotAllowed('POST');
    await exchange.bytes();
    await exchange.reply(200, { ok: true, ...(await this.#provoke(what, names)) });
  }

  async #awkwardness(exchange: Exchange): Promise<void> {
    if (exchange.method === 'PUT') this.awkwardness.set(checkedAwkwardness((await exchange.json()).value));
    else if (exchange.method === 'DELETE') this.awkwardness.reset();
    else if (exchange.method !== 'GET') throw methodNotAllowed('GET,PUT,DELETE');
    await exchange.reply(200, this.awkwardness.get());
  }

  async #provoke(what: string | undefined, [database, snapshot]: readonly string[]): Promise<object> {
    if (database === undefined) throw notFound('missing');
    if (what === 'move-shards') await this.provocations.moveShards(database);
    else if (what === 'purge-tombstones') return { purged: await purgeTombstones(await this.databases.get(database)) };
    else if (what === 'snapshot' && snapshot !== undefined) await this.provocations.snapshot(database, snapshot);
    else if (what === 'restore' && snapshot !== undefined) await this.provocations.restore(database, snapshot);
    else throw notFound('missing');
    return {};
  }
}
