import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';

/** A service, as far as tests look at it. */
export interface ComposeService {
  readonly image: string;
  readonly profiles: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly build?: object;
  readonly read_only?: boolean;
  readonly cap_drop?: readonly string[];
  readonly security_opt?: readonly string[];
  readonly ports?: readonly string[];
  readonly restart?: string;
}

/** The project's compose file. */
export const composeFile = fileURLToPath(new URL('../../../docker-compose.yml', import.meta.url));

/** The services, before variables are replaced. */
export async function composeServices(): Promise<Readonly<Record<string, ComposeService>>> {
  const text = await readFile(composeFile, 'utf8');
  return (parse(text, { merge: true }) as { services: Record<string, ComposeService> }).services;
}

/** A variable where it is used: `${NAME:-otherwise}` or `${NAME:+instead}`. */
export interface VariableUse {
  readonly name: string;
  /** What counts when it is not set or empty; undefined when the file does not say. */
  readonly otherwise: string | undefined;
}

/** Every use of a variable in the compose file, also those within the default of another. */
export async function variableUses(): Promise<readonly VariableUse[]> {
  const text = (await readFile(composeFile, 'utf8')).replaceAll(/#.*|\$\$/g, '');
  return [...text.matchAll(/\$\{?(\w+)(?::([-+])((?:\$\{[^}]*\}|[^}])*))?/g)].map(([, name, kind, value]) => ({
    name: name!,
    otherwise: kind === '+' ? '' : value,
  }));
}

/** A line of env.template. */
export interface TemplateLine {
  readonly value: string;
  /** Whether it is commented out, so that it only shows the default. */
  readonly isDefault: boolean;
}

/** The variables of env.template by name. */
export async function templateLines(): Promise<ReadonlyMap<string, TemplateLine>> {
  const file = fileURLToPath(new URL('../../../deploy/compose/env.template', import.meta.url));
  const lines = (await readFile(file, 'utf8')).matchAll(/^(#?)(\w+)=(.*)$/gm);
  return new Map([...lines].map(([, mark, name, value]) => [name!, { value: value!, isDefault: mark === '#' }]));
}
