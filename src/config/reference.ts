import { entryKeys, type EntryKey } from './entry-keys.js';
import { fileVariableOf, flagOf, groups, type Option } from './option.js';
import { optionList, options } from './options.js';

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
    'command is started in, else from the file that `CONFIG_FILE` names. An empty value counts as unset. The flag of an',
    `option is its name in lower case with dashes: \`${flagOf('COUCHDB_HOST')}\` for \`COUCHDB_HOST\`. A password has no flag.`,
    '',
    '`cht-sync config` shows every option, its value and where it came from; it ends with exit code 2 when one is wrong.',
  ].join('\n')}\n\n${sections.join('\n\n')}\n\n${fileReference()}\n`;
}

/** The section on CONFIG_FILE. */
function fileReference(): string {
  const rows = Object.entries<EntryKey>(entryKeys).map(([key, { description, option, type }]) => {
    const instead = option === undefined ? '' : `\`${options[option].env}\``;
    return `| ${[`\`${key}\``, description, type.expects, instead].map(cell).join(' | ')} |`;
  });
  return [
    '## Several CouchDB servers: the configuration file',
    '',
    'One process follows several servers when `CONFIG_FILE` names a file in YAML or JSON such as this:',
    '',
    '```yaml kind=config',
    exampleFile,
    '```',
    '',
    'An entry under `couchdb` may say:',
    '',
    '| Key | What it is | Value | When left out, as in |',
    '| --- | --- | --- | --- |',
    ...rows,
    '',
    '- Any other option of this page may be set by its name at the top of the file. A path starts from the folder of the file.',
    '- `${NAME}` in a value stands for a variable of the environment or `.env`; `$${NAME}` for the text `${NAME}`.',
    '- A source is called `<host>/<database>`. Servers that share a host need a `name`; no two sources may have one name.',
    "- Helm's form is taken, too: `couchdbs:` with the list, and `couchdb:` with what its entries have in common (`dbs` is",
    '  `databases`).',
    '- A server that is down disturbs no other. All sources together use at most 12 connections of PostgreSQL, and one more',
    '  each for its lock. Where there are more than 8, each has a smaller part of `BATCH_BYTES`, so that memory stays bounded.',
    '',
    '`cht-sync config --config-file cht-sync.yaml` names all that is wrong in it, each by its place (`couchdb[1].port`), and',
    '`cht-sync config --schema` prints its JSON Schema.',
  ].join('\n');
}

/** An example of a configuration file. */
export const exampleFile = `couchdb:
  - host: couchdb.west.example.org
    port: 443
    secure: true
    user: medic
    password: \${WEST_PASSWORD}
    databases: [medic, medic-sentinel, medic-users-meta, _users]
  - host: 10.0.3.7
    name: east
    user: medic
    password_file: /run/secrets/east
POSTGRES_HOST: postgres.example.org
POSTGRES_USER: cht_sync
POSTGRES_PASSWORD: \${POSTGRES_SECRET}
POSTGRES_DB: cht_sync
POSTGRES_SSLMODE: verify-full
POSTGRES_CA_FILE: postgres-ca.pem`;

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
