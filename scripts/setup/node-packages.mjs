import { inRoot } from './places.mjs';
import { run } from './run.mjs';
import { fingerprint, isStamped, stamp } from './stamp.mjs';

const stampFile = inRoot('node_modules', '.cht-sync-setup');
const print = () =>
  fingerprint([inRoot('package-lock.json')], [process.platform, process.arch, process.versions.modules]);

/** node_modules as the lock file says. */
export const nodePackages = {
  title: 'Node packages',
  isDone: () => isStamped(stampFile, print()),
  run: async () => {
    // npm sets npm_execpath for its scripts: the same npm that was called is used.
    const npm = process.env['npm_execpath'];
    const [program, before] = npm === undefined ? ['npm', []] : [process.execPath, [npm]];
    await run(program, [...before, 'ci', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error'], {
      what: 'Installing the Node packages (npm ci)',
      otherwise: 'See what npm says above; `npm ci` in the folder of the project shows all of it.',
    });
    stamp(stampFile, print());
  },
};
