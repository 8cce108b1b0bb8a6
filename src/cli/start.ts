import { loadConfig } from '../config/index.js';
import { demonstrationOnly } from './demonstration-only.js';
import { addFlags, flagValues } from './flags.js';
import type { AddCommand } from './program.js';
import { installSuperset } from './start/install-superset.js';
import { summaryJson, summaryText } from './start/summary.js';
import { exitCodes } from './surroundings.js';

interface Given {
  readonly exitWhenCaughtUp?: boolean;
  readonly superset?: boolean;
  readonly json?: boolean;
}

/** `cht-sync start`: the whole sync in one process, with embedded servers for those that are not given. */
export const addStartCommand: AddCommand = (program, surroundings, exit) => {
  const command = program
    .command('start')
    .description('run the whole sync; what COUCHDB_HOST or POSTGRES_HOST do not name is embedded')
    .option('--exit-when-caught-up', 'end when everything is in the models, and print a summary')
    .option('--superset', 'also run Apache Superset with the dashboards; the first time it is installed (about 800 MB)')
    .option('--json', 'print the summary as JSON');
  addFlags(command);
  command.action(async ({ exitWhenCaughtUp = false, superset = false, json = false }: Given) => {
    const { folder, env, stdout, stderr } = surroundings;
    const reading = loadConfig({ folder, env, flags: flagValues(command) });
    const config = reading.config();
    if (superset) await installSuperset(surroundings);
    // Only now: a command keeps in memory what it has imported, and couch2pg alone needs no embedded servers.
    const { runStart } = await demonstrationOnly(() => import('./start/run.js'));
    const summary = await runStart({ config, reading, surroundings, exitWhenCaughtUp, superset });
    if (!exitWhenCaughtUp) return;
    if (summary !== undefined) {
      stdout.write(json ? `${JSON.stringify(summaryJson(summary), undefined, 2)}\n` : summaryText(summary));
    }
    const verdict = summary?.verdict ?? { kind: 'working' as const };
    if (verdict.kind === 'caught-up') return;
    exit(exitCodes.failed);
    const why = verdict.kind === 'failed' ? verdict.reasons.join('\n') : 'it was stopped before.';
    stderr.write(`Error: not everything is in the models: ${why}\n`);
  });
};
