import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';

/** A short text that changes when any of the files or texts does. */
export function fingerprint(files, texts = []) {
  const hash = createHash('sha256');
  for (const file of files) hash.update(readFileSync(file));
  for (const text of texts) hash.update(`\0${text}`);
  return hash.digest('hex');
}

/** Whether a step has been done to its end with this fingerprint. */
export function isStamped(file, print) {
  try {
    return readFileSync(file, 'utf8') === print;
  } catch {
    return false;
  }
}

/** To be called when a step is done; one that was killed is not stamped and is done again. */
export function stamp(file, print) {
  writeFileSync(file, print);
}
