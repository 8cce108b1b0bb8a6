export { Backoff, type BackoffOptions } from './backoff.js';
export { systemClock, waitAtMost, type Clock } from './clock.js';
export { errorCodes, type ErrorCode } from './error-codes.js';
export { ConfigError, messageOf, SyncError, type ErrorDetails } from './errors.js';
export { createLog, mask, type Log, type LogOptions } from './log.js';
export { Pulse } from './pulse.js';
export { Slots } from './slots.js';
export { tlsFailure, type TlsFailure } from './tls-failure.js';
export { userPrefix, userSecrets } from './user-secrets.js';
