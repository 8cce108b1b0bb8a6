import { Option as Flag, type Command } from 'commander';
import { fileVariableOf, flagOf, optionList, type Group, type Option } from '../config/index.js';

/** Gives a command a flag for each option of some groups, besides those of every command; without `groups` for all. */
export function addFlags(command: Command, groups?: readonly Group[]): void {
  for (const option of optionList) {
    if (groups !== undefined && option.group !== 'General' && !groups.includes(option.group)) continue;
    command.addOption(flag(option).helpGroup(`${option.group}:`));
  }
}

/** The flags a command was given, by the name of the variable they stand for. */
export function flagValues(command: Command): Record<string, string> {
  const values: Record<string, string> = {};
  const given = command.opts<Record<string, unknown>>();
  for (const option of optionList) {
    const env = option.secret === true ? fileVariableOf(option.env) : option.env;
    const value = given[flag(option).attributeName()];
    if (typeof value === 'string' || typeof value === 'boolean') values[env] = String(value);
  }
  return values;
}

function flag(option: Option<unknown>): Flag {
  const description = option.description.replaceAll('`', '').replace(/\.$/, '');
  if (option.secret === true) {
    return new Flag(`${flagOf(fileVariableOf(option.env))} <file>`, `A file that holds the ${option.env}`);
  }
  const { placeholder } = option.type;
  const value = placeholder === 'true|false' ? '[true|false]' : `<${placeholder}>`;
  return new Flag(`${flagOf(option.env)} ${value}`, `${description}${whenUnset(option)}`);
}

function whenUnset({ default: preset, unset }: Option<unknown>): string {
  const text = (typeof preset === 'string' ? preset : preset?.words) ?? unset;
  return text === undefined ? '' : ` (default: ${text.replaceAll('`', '')})`;
}
