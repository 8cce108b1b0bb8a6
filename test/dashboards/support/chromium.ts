import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { chromium, type Browser } from 'playwright-core';

const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

/** Nothing but what is asked for: no GPU, no sandbox (root has none), no requests of its own. */
const flags = [
  ...['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-sync'],
  ...['--disable-background-networking', '--disable-component-update'],
];

const remedy =
  'Install it (`apt-get install chromium` on Debian), or name one: CHROMIUM=/path/to/chrome npm run test:superset.';

/** Starts the Chromium that `CHROMIUM` names, or the first on the PATH. */
export async function startChromium(): Promise<Browser> {
  const given = process.env.CHROMIUM;
  const executablePath = given ?? onPath();
  if (executablePath === undefined) {
    throw new Error(`Chromium is needed to look at the dashboards, and none is on the PATH. ${remedy}`);
  }
  if (!existsSync(executablePath)) throw new Error(`There is no Chromium at ${executablePath}. ${remedy}`);
  return chromium.launch({ executablePath, args: flags });
}

function onPath(): string | undefined {
  return (process.env.PATH ?? '')
    .split(delimiter)
    .flatMap((folder) => names.map((name) => join(folder, name)))
    .find((file) => existsSync(file));
}
