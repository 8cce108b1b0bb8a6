import { fileVariableOf, flagOf, groups, type Option } from './option.js';
import { optionList } from './options.js';

const cell = (markdown: string) => markdown.replaceAll('|', '\\|');

/** What an option is when it is not set, in Markdown. */
function unsetOf({ default: preset, unset }: Option<unknown>): string {
  if (typeof preset === 'string') return `\`${preset}\``;
  return preset?.words ?? unset ?? '';
}

function row(option: Option<unknown>): string {
  const name =
    option.secret === true
      ? `\`${option.env}\`, or the path of a file that holds it in \`${fileVariableOf(option.env)}\``
      : `\`${option.env}\``;
  return `| ${[name, option.description, option.type.expects, unsetOf(option)].map(cell).join(' | ')} |`;
}

/** The table of all options in Markdown, for the README. */
export function configurationTable(): string {
  const rows = optionList.map(
    (option) => `| \`${option.env}\` | ${cell(option.description)} | ${cell(unsetOf(option))} |`,
  );
  return ['| Option | What it is | When unset |', '| --- | --- | --- |', ...rows].join('\n');
}

/** docs/configuration.md. */
export function configurationReference(): string {
  const sections = groups.map((group) => {
    const rows = optionList.filter((option) => option.group === group).map(row);
    return [
      `## ${group}`,
      '',
      '| Option | What it is | Value | When unset |',
      '| --- | --- | --- | --- |',
      ...rows,
    ].join('\n');
  });
  return `${[
    '<!-- Made by `npm run docs` from src/config/options.ts. -->',
    '',
    '# Configuration',
    '',
    'An option is read from a flag of the command, else from the environment, else from the file `.env` in the folder the',
    'command is started in. An empty value counts as unset. The flag of an option is its name in lower case with dashes:',
    `\`${flagOf('COUCHDB_HOST')}\` for \`COUCHDB_HOST\`. A password has no flag.`,
    '',
    '`cht-sync config` shows every option, its value and where it came from; it ends with exit code 2 when one is wrong.',
  ].join('\n')}\n\n${sections.join('\n\n')}\n`;
}

/** .env.example: every option, commented out, with its default. */
export function exampleEnvironment(): string {
  const sections = groups.map((group) => {
    const lines = optionList
      .filter((option) => option.group === group)
      .map(({ env, description, default: preset }) => {
        const value = typeof preset === 'string' ? preset : '';
        return `# ${description.replaceAll('`', '')}\n#${env}=${value}`;
      });
    return [`### ${group}`, ...lines].join('\n');
  });
  return `# Copy this file to .env and set what you need; docs/configuration.md says more. Made by \`npm run docs\`.\n\n${sections.join('\n\n')}\n`;
}
