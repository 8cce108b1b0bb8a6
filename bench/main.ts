import { arguments_, usage } from './arguments.js';
import { benchCouch2pg } from './couch2pg/index.js';
import { benchDashboards } from './dashboards/index.js';
import { benchDataemon } from './dataemon/index.js';
import { benchLatency } from './latency/index.js';
import { describeMachine } from './measure/machine.js';
import { benchMemory } from './memory/index.js';
import { benchPipeline } from './pipeline/index.js';
import { progress } from './progress.js';
import { printJson, printText } from './report.js';
import { benchRewind } from './rewind/index.js';
import { openScratch } from './scratch.js';
import { benchSnapshot } from './snapshot/index.js';

const benches = {
  couch2pg: benchCouch2pg,
  snapshot: benchSnapshot,
  rewind: benchRewind,
  latency: benchLatency,
  memory: benchMemory,
  dataemon: benchDataemon,
  pipeline: benchPipeline,
  dashboards: benchDashboards,
};

async function main(): Promise<void> {
  const given = arguments_(process.argv.slice(2));
  if (given === undefined) {
    process.stderr.write(usage);
    process.exitCode = 2;
    return;
  }
  await using scratch = await openScratch();
  // Ctrl-C ends what is under way by what it waits for; the servers and folders go all the same.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => void scratch.close().finally(() => process.exit(130)));
  }
  const before = describeMachine();
  progress(`${given.bench} on ${before.cpu}, ${before.cores} cores, load ${before.load}`);
  const sections = await benches[given.bench](given, scratch);
  const report = { bench: given.bench, machine: before, loadAfter: describeMachine().load, sections };
  if (given.json) printJson(report);
  else printText(report);
}

await main();
