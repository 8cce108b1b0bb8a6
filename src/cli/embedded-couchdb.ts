import { resolve } from 'node:path';
import { loadConfig } from '../config/index.js';
import { logWarnings, serviceLog } from './command-log.js';
import { demonstrationOnly } from './demonstration-only.js';
import { addFlags, flagValues } from './flags.js';
import type { AddCommand } from './program.js';
import { takeDataFolder } from './start/data-folder.js';
import { listenForStop } from './stop-signal.js';
import { exitCodes } from './surroundings.js';

/** `cht-sync embedded-couchdb`: the embedded source alone. */
export const addEmbeddedCouchDbCommand: AddCommand = (program, surroundings, exit) => {
  const command = program
    .command('embedded-couchdb')
    .description('run the embedded source alone, for tests and benches; not for production')
    .option('--empty', 'without the sample data');
  addFlags(command, ['Monitoring', 'Embedded demonstration']);
  command.action(async ({ empty }: { empty?: boolean }) => {
    const { folder, env, stdout } = surroundings;
    const reading = loadConfig({ folder, env, flags: flagValues(command) });
    const config = reading.config();
    const log = serviceLog(config, surroundings);
    logWarnings(reading, log);

    const dataFolder = await takeDataFolder(resolve(folder, config.embeddedDataDir));
    const stop = listenForStop(surroundings, () => log.info('stopping'));
    try {
      const portIsOwn = reading.given('embeddedCouchdbPort');
      // Only now, so that other commands do without it.
      const { startSource } = await demonstrationOnly(() => import('./start/source.js'));
      const source = await startSource({ folder: dataFolder.path, config, portIsOwn, log });
      try {
        if (empty !== true) await source.fill(stop.signal);
        const credentials = { user: source.user, passwordFile: source.passwordFile };
        stdout.write(
          `${JSON.stringify({ url: source.url, ...credentials, notice: 'embedded, not for production' })}\n`,
        );
        await aborted(stop.signal);
      } finally {
        await source.stop();
      }
    } catch (error) {
      if (!stop.signal.aborted) throw error;
    } finally {
      stop.release();
      await dataFolder.release();
    }
    exit(exitCodes.ok);
  });
};

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  // An open handle: a promise alone does not keep a process alive.
  return new Promise((done) => {
    const open = setInterval(() => undefined, 60_000);
    signal.addEventListener('abort', () => {
      clearInterval(open);
      done();
    });
  });
}
