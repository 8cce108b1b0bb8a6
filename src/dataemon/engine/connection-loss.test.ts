import { expect, test } from 'vitest';
import { isConnectionLoss } from './connection-loss.js';

test.each([
  'server closed the connection unexpectedly',
  'terminating connection due to administrator command',
  'connection to server at "127.0.0.1", port 5432 failed: Connection refused',
  'FATAL:  the database system is starting up',
  'FATAL:  sorry, too many clients already',
  'SSL SYSCALL error: EOF detected',
])('"%s" is the loss of a connection', (words) => {
  expect(isConnectionLoss(`Database Error in model root (models/root.sql)\n  ${words}`)).toBe(true);
});

test.each(['division by zero', 'deadlock detected', 'relation "v1.root" does not exist', null])(
  '"%s" is the fault of something else',
  (words) => {
    expect(isConnectionLoss(words)).toBe(false);
  },
);
