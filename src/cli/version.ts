import { readFileSync } from 'node:fs';

/** The version of CHT Sync, as package.json has it. */
export function version(): string {
  const description = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
    version: string;
  };
  return description.version;
}
