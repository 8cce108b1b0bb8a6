import { entryKeys, type EntryKey } from './entry-keys.js';
import { fileVariableOf } from './option.js';
import { optionList } from './options.js';

type Schema = Readonly<Record<string, unknown>>;

const texts = {
  anyOf: [{ type: ['string', 'number', 'boolean', 'null'] }, { type: 'array', items: { type: 'string' } }],
};

/** The JSON Schema of a configuration file, for editors that complete and check. Values are checked by the command. */
export function configFileSchema(): Schema {
  const entry = {
    type: 'object',
    additionalProperties: false,
    properties: Object.fromEntries(
      Object.entries<EntryKey>(entryKeys).map(([key, { type, description }]) => [
        key,
        value(type.expects, description),
      ]),
    ),
  };
  const settable = optionList.filter(({ key }) => key !== 'configFile');
  const options = settable.flatMap(({ env, secret, type, description }) => [
    [env, value(type.expects, description)] as const,
    ...(secret === true ? [[fileVariableOf(env), value('a path', `A file that holds ${env}.`)] as const] : []),
  ]);
  const servers = { type: 'array', minItems: 1, items: entry };
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'CONFIG_FILE of CHT Sync',
    type: 'object',
    additionalProperties: false,
    properties: {
      couchdb: { description: 'The CouchDB servers.', anyOf: [servers, entry] },
      couchdbs: { description: 'The same, where couchdb holds what they have in common.', ...servers },
      ...Object.fromEntries(options),
    },
  };
}

function value(expects: string, description: string): Schema {
  const markdown = `${description} ${expects.charAt(0).toUpperCase()}${expects.slice(1)}.`;
  const plain = markdown.replaceAll('`', '');
  return expects.startsWith('names of databases')
    ? { ...texts, description: plain }
    : { type: ['string', 'number', 'boolean', 'null'], description: plain };
}
