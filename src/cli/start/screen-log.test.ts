import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createScreenLog } from './screen-log.js';

test('the latest warnings are kept, each once in a row and with the source it is about', async () => {
  const file = join(mkdtempSync(join(tmpdir(), 'cht-sync-log-')), 'cht-sync.log');
  const screenLog = createScreenLog(file, { level: 'info', secrets: ['the password'] });
  const ofSource = screenLog.log.child({ source: 'h/medic' });
  screenLog.log.warn('forgotten, as it is the oldest');
  screenLog.log.warn('the password is wrong');
  screenLog.log.info('no warning');
  ofSource.warn('documents were purged');
  ofSource.warn('documents were purged');
  screenLog.log.child({ source: 'h/logs' }).error('documents were purged');
  await screenLog.close();
  expect(screenLog.warnings()).toEqual([
    '*** is wrong',
    'h/medic: documents were purged',
    'h/logs: documents were purged',
  ]);
});
