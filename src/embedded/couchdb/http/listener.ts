import type { IncomingMessage, ServerResponse } from 'node:http';
import { messageOf, type Log } from '../../../lib/index.js';
import type { Effect } from '../awkwardness.js';
import { CouchError } from '../couch-error.js';
import { Exchange } from './exchange.js';
import { BrokenOff } from './output.js';
import { route, type RouterContext } from './router.js';

/** What the listener needs besides the routes. */
export interface ListenerContext extends RouterContext {
  readonly log: Log;
  readonly maxRequestBytes: number;
}

/** Answers a request, whatever it is: what goes wrong is an answer too, and never ends the process. */
export async function listen(
  request: IncomingMessage,
  response: ServerResponse,
  context: ListenerContext,
): Promise<void> {
  // Whoever reads or writes notices a broken connection by other means; without a listener it would end the process.
  request.on('error', () => undefined);
  response.on('error', () => undefined);
  response.setHeader('Server', 'CouchDB/3.5.0-embedded (CHT Sync, not Apache CouchDB)');
  const path = request.url ?? '/';
  const switchable = path.startsWith('/_embedded');
  const effect = switchable ? undefined : context.awkwardness.strike(request.method ?? 'GET', path);
  let exchange: Exchange | undefined;
  try {
    const { gzip } = context.awkwardness.get();
    exchange = new Exchange(request, response, { gzip, effect, maxRequestBytes: context.maxRequestBytes });
    if (effect !== undefined && (await instead(exchange, effect, context))) return;
    await route(exchange, context);
  } catch (error) {
    if (error instanceof BrokenOff || (request.destroyed && !request.complete)) return;
    await answerError(exchange, response, error, context).catch(() => response.destroy());
  }
}

/** What is answered in place of the answer; whether that was all. */
async function instead(exchange: Exchange, effect: Effect, { clock }: ListenerContext): Promise<boolean> {
  switch (effect.kind) {
    case 'delay':
      await clock.sleep(effect.ms, exchange.closed);
      return exchange.closed.aborted;
    case 'status': {
      const retry = effect.retryAfterSeconds;
      await exchange.bytes();
      await exchange.reply(
        effect.status,
        statusBodies[effect.status] ?? { error: 'unknown_error', reason: 'provoked' },
        retry === undefined ? {} : { 'Retry-After': String(retry) },
      );
      return true;
    }
    case 'html':
      await exchange.bytes();
      await exchange.replyBytes(200, Buffer.from('<!DOCTYPE html>\n<html><body>Please sign in.</body></html>\n'), {
        'Content-Type': 'text/html; charset=utf-8',
      });
      return true;
    default:
      return false;
  }
}

const statusBodies: Readonly<Record<number, { error: string; reason: string }>> = {
  401: { error: 'unauthorized', reason: 'You are not authorized to access this db.' },
  403: { error: 'forbidden', reason: 'You are not allowed to access this db.' },
  404: { error: 'not_found', reason: 'Database does not exist.' },
  413: { error: 'too_large', reason: 'the request entity is too large' },
  429: { error: 'too_many_requests', reason: 'You have exceeded your request limit.' },
  500: { error: 'internal_server_error', reason: 'No DB shards could be opened.' },
  503: { error: 'service_unavailable', reason: 'The server is in maintenance mode.' },
};

async function answerError(
  exchange: Exchange | undefined,
  response: ServerResponse,
  error: unknown,
  { log }: ListenerContext,
): Promise<void> {
  const known = error instanceof CouchError;
  if (!known && exchange?.closed.aborted !== true) {
    log.error({ error: messageOf(error) }, 'The embedded source could not answer a request');
  }
  const {
    status,
    error: code,
    reason,
    headers,
  } = known ? error : new CouchError(500, 'internal_server_error', messageOf(error));
  if (exchange === undefined) {
    response.writeHead(status, { 'Content-Type': 'application/json' });
    response.end(`${JSON.stringify({ error: code, reason })}\n`);
  } else if (exchange.begun) exchange.destroy();
  else await exchange.reply(status, { error: code, reason }, headers);
}
