import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { ConfigError, messageOf } from '../../lib/index.js';
import type { FormDefinition } from './definition.js';
import { readXForm } from './xform.js';

/**
 * Reads the XForms of a folder, `forms/app` of a deployment's configuration: a file `<form>.xml` for each form.
 *
 * @throws ConfigError that names the folder or the file that cannot be read.
 */
export function readXForms(folder: string): ReadonlyMap<string, FormDefinition> {
  const files = attempt(folder, () => readdirSync(folder)).filter((name) => name.endsWith('.xml'));
  if (files.length === 0) {
    throw new ConfigError(`There is no form in ${folder}.`, {
      remedy:
        'Name the folder with the .xml files of the forms with --xforms, such as forms/app of your configuration.',
    });
  }
  return new Map(
    files.map((name) => {
      const file = join(folder, name);
      return [basename(name, '.xml'), attempt(file, () => readXForm(readFileSync(file, 'utf8')))];
    }),
  );
}

function attempt<T>(path: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    throw new ConfigError(`${path} cannot be read: ${messageOf(cause).split('\n')[0] ?? ''}`, {
      remedy: 'Correct --xforms, or make the forms again with cht-conf.',
      cause,
    });
  }
}
