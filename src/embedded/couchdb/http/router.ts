import { CouchError, methodNotAllowed, notFound } from '../couch-error.js';
import type { Database } from '../store/database.js';
import { checkedId } from '../store/document.js';
import type { Databases } from '../store/databases.js';
import { allDocs } from './all-docs.js';
import { deleteAttachment, putAttachment, showAttachment } from './attachment-handlers.js';
import { bulkDocs, bulkGet, revisionsDiff } from './bulk-handlers.js';
import { changes, type FeedContext } from './changes.js';
import * as databaseHandlers from './database-handlers.js';
import { deleteDocument, postDocument, putDocument, showDocument, type DocumentContext } from './document-handlers.js';
import type { Exchange } from './exchange.js';
import type { ProvocationHandlers } from './provocation-handlers.js';
import type { Sessions } from './session.js';

/** What answers are made from. */
export interface RouterContext extends FeedContext, DocumentContext {
  readonly databases: Databases;
  readonly sessions: Sessions;
  readonly provocations: ProvocationHandlers;
}

/** What `GET /` says: clearly not what CouchDB says of itself. */
export const welcome = {
  couchdb: 'Welcome',
  version: '3.5.0-embedded',
  features: [],
  vendor: { name: 'CHT Sync embedded source, not Apache CouchDB' },
};

type Method = 'GET' | 'PUT' | 'POST' | 'DELETE';
type Handlers = Partial<Record<Method, () => Promise<void>>>;

/** Answers one request. @throws CouchError when the answer is an error. */
export async function route(exchange: Exchange, context: RouterContext): Promise<void> {
  const [first, second, third, ...rest] = exchange.path;
  if (first === undefined) return choose(exchange, { GET: () => exchange.reply(200, welcome) });
  if (first === '_up') return choose(exchange, { GET: () => exchange.reply(200, { status: 'ok', seeds: {} }) });
  if (first === '_session' && exchange.method === 'POST') return context.sessions.signIn(exchange);
  const user = await context.sessions.authenticate(exchange);
  switch (first) {
    case '_session':
      return choose(exchange, {
        GET: () => context.sessions.show(exchange, user),
        DELETE: () => context.sessions.signOut(exchange),
      });
    case '_all_dbs':
      return choose(exchange, { GET: async () => exchange.reply(200, await context.databases.names()) });
    case '_active_tasks':
      return choose(exchange, { GET: () => exchange.reply(200, []) });
    case '_embedded':
      return context.provocations.handle(exchange, user);
  }
  if (second === undefined) return routeDatabase(exchange, context, first);
  const database = await context.databases.get(first);
  if (second.startsWith('_') && !/^_(design|local)(\/|$)/.test(second)) {
    if (third !== undefined) throw notFound('missing');
    return choose(exchange, ofDatabase(exchange, context, database)[second] ?? missing());
  }
  const prefixed = second === '_design' || second === '_local';
  if (prefixed && third === undefined) throw notFound('missing');
  const id = checkedId(prefixed ? `${second}/${third ?? ''}` : second);
  const attachment = (prefixed ? rest : [third, ...rest]).filter((part) => part !== undefined).join('/');
  return choose(exchange, ofDocument(exchange, context, { database, id, attachment }));
}

function routeDatabase(exchange: Exchange, context: RouterContext, name: string): Promise<void> {
  const { databases } = context;
  return choose(exchange, {
    GET: async () => databaseHandlers.showDatabase(exchange, await databases.get(name)),
    PUT: () => databaseHandlers.createDatabase(exchange, databases, name),
    DELETE: () => databaseHandlers.deleteDatabase(exchange, databases, name),
    POST: async () => postDocument(exchange, await databases.get(name), context),
  });
}

/** What stands under a database besides its documents. */
function ofDatabase(exchange: Exchange, context: RouterContext, database: Database): Partial<Record<string, Handlers>> {
  return {
    _changes: {
      GET: () => changes(exchange, database, context),
      POST: () => changes(exchange, database, context),
    },
    _all_docs: { GET: () => allDocs(exchange, database), POST: () => allDocs(exchange, database) },
    _bulk_docs: { POST: () => bulkDocs(exchange, database, context) },
    _bulk_get: { POST: () => bulkGet(exchange, database) },
    _revs_diff: { POST: () => revisionsDiff(exchange, database) },
    _security: {
      GET: () => databaseHandlers.showSecurity(exchange, database),
      PUT: () => databaseHandlers.putSecurity(exchange, database),
    },
    _purge: { POST: () => databaseHandlers.purgeDocuments(exchange, database) },
    _purged_infos: { GET: () => databaseHandlers.showPurgedInfos(exchange, database) },
    _purged_infos_limit: {
      GET: () => databaseHandlers.showPurgedInfosLimit(exchange, database),
      PUT: () => databaseHandlers.putPurgedInfosLimit(exchange, database),
    },
    _compact: { POST: () => databaseHandlers.compact(exchange, database) },
    _ensure_full_commit: { POST: () => databaseHandlers.ensureFullCommit(exchange, database) },
  };
}

function ofDocument(
  exchange: Exchange,
  context: RouterContext,
  { database, id, attachment }: { database: Database; id: string; attachment: string },
): Handlers {
  if (attachment !== '') {
    return {
      GET: () => showAttachment(exchange, database, id, attachment),
      PUT: () => putAttachment(exchange, database, id, attachment),
      DELETE: () => deleteAttachment(exchange, database, id, attachment),
    };
  }
  return {
    GET: () => showDocument(exchange, database, id),
    PUT: () => putDocument(exchange, database, id, context),
    DELETE: () => deleteDocument(exchange, database, id),
  };
}

/** HEAD is GET without a body, which Node leaves out by itself. */
async function choose(exchange: Exchange, handlers: Handlers): Promise<void> {
  const method = exchange.method === 'HEAD' ? 'GET' : exchange.method;
  const handler = handlers[method as Method];
  if (handler !== undefined) return handler();
  const allowed = Object.keys(handlers).join(',');
  throw methodNotAllowed(handlers.GET === undefined ? allowed : `HEAD,${allowed}`);
}

function missing(): never {
  throw new CouchError(404, 'not_found', 'missing');
}
