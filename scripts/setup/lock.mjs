import { mkdirSync, renameSync, rmSync, statSync, utimesSync } from 'node:fs';
import { clearInterval, setInterval } from 'node:timers';
import { setTimeout as delay } from 'node:timers/promises';
import { inRoot } from './places.mjs';

const folder = inRoot('.cht-sync', 'setup.lock');
/** The one that holds it touches it this often, so that a killed set-up is told from a slow one. */
const beatMs = 1000;
const abandonedMs = 10_000;

/**
 * Waits until no other set-up runs on this folder.
 *
 * @param onWait - called once when there is one.
 * @returns the function that lets the next one in.
 */
export async function takeLock(onWait) {
  mkdirSync(inRoot('.cht-sync'), { recursive: true });
  for (let waited = false; !tryLock(); waited = true) {
    if (!waited) onWait();
    await delay(beatMs / 2);
    if (Date.now() - lastBeat() > abandonedMs) abandon();
  }
  const beat = setInterval(() => {
    const now = new Date();
    utimesSync(folder, now, now);
  }, beatMs);
  beat.unref();
  return () => {
    clearInterval(beat);
    rmSync(folder, { recursive: true, force: true });
  };
}

function tryLock() {
  try {
    mkdirSync(folder);
    return true;
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw error;
  }
}

function lastBeat() {
  return statSync(folder, { throwIfNoEntry: false })?.mtimeMs ?? Date.now();
}

/** Only one of several that wait can move the folder away, so that none removes the lock another has just taken. */
function abandon() {
  const aside = `${folder}.${process.pid}`;
  try {
    renameSync(folder, aside);
    rmSync(aside, { recursive: true, force: true });
  } catch (error) {
    if (error.code !== 'ENOENT') throw error;
  }
}
