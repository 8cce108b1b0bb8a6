import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createTestDatabase } from '../../test/support/database.js';
import { createLog } from '../lib/index.js';
import { migrate, readControl, reportSource, tableNames } from '../postgres/index.js';
import { runCommandLine } from './index.js';

const log = createLog({ level: 'silent', format: 'json', secrets: [] });
const names = tableNames('v1', 'couchdb');

test('a resync that is asked of a paused source, or of one that nobody follows, is said to come later', async () => {
  await using database = await createTestDatabase();
  const { pool, connection } = database;
  await migrate({ pool, family: 'documents', schema: 'v1', table: 'couchdb', log });
  const report = (state: string) => reportSource(pool, names, 'h/medic', { state, pending: 0, error: null });
  let stdout = '';
  const stream = { write: (text: string) => Boolean((stdout += text)) } as unknown as NodeJS.WriteStream;
  const env = {
    ...{ POSTGRES_HOST: connection.host, POSTGRES_PORT: String(connection.port), POSTGRES_DB: connection.database },
    ...{ POSTGRES_USER: connection.user, POSTGRES_PASSWORD: connection.password },
  };
  const folder = mkdtempSync(join(tmpdir(), 'cht-sync-control-'));
  const resync = () =>
    runCommandLine({
      args: ['resync', '--source', 'medic'],
      ...{ env, folder, stdout: stream, stderr: stream },
    });
  await report('paused');
  expect(await resync()).toBe(0);
  await report('stopped');
  expect(await resync()).toBe(0);
  expect(stdout.split('\n')).toEqual([
    'h/medic is paused, and will be read again when it is resumed.',
    'h/medic will be read again as soon as a process follows it.',
    '',
  ]);
  expect(await readControl(pool, names, 'h/medic')).toEqual({ paused: false, resync: true });
});
