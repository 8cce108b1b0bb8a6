import type { NodeResult } from './engine.js';

/** libpq's and PostgreSQL's words for a connection that was refused, cut or lost: https://www.postgresql.org/docs/current/libpq-connect.html */
const words =
  /could not connect|connection to server .* failed|connection refused|server closed the connection|terminating connection|connection (has been closed|already closed|not open|reset|timed out)|the database system is (starting up|shutting down|in recovery|not (yet )?accepting)|could not translate host name|timeout expired|too many (clients|connections)|remaining connection slots|SSL SYSCALL|no connection to the server/i;

/**
 * Whether a model failed because its connection was lost, so that the model is not at fault. Words are all that dbt hands
 * on; where they are not understood the failure counts as the model's and is tried again all the same.
 */
export function isConnectionLoss(message: string | null): boolean {
  return message !== null && words.test(message);
}

/** Whether a model or hook has failed for that only. */
export function isInterrupted({ status, error }: Pick<NodeResult, 'status' | 'error'>): boolean {
  return status === 'failed' && isConnectionLoss(error);
}
