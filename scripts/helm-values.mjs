/** The table of values of the Helm chart, made from the comments of values.yaml and the descriptions of its schema. */
import { readFileSync } from 'node:fs';
import { isMap, isSeq, parseDocument } from 'yaml';
import { inRoot } from './setup/places.mjs';

const chart = (file) => readFileSync(inRoot('deploy/helm/cht-sync', file), 'utf8');

/** A table in Markdown: every value that has a comment, and what an entry of `couchdbs` may say. */
export function helmValues() {
  const schema = JSON.parse(chart('values.schema.json'));
  const rows = rowsOf(parseDocument(chart('values.yaml')).contents, '');
  const entries = Object.entries(schema.definitions.server.properties).map(([key, { description }]) => ({
    name: `couchdbs[].${key}`,
    preset: '',
    description: description ?? `As \`couchdb.${key}\`, for this server.`,
  }));
  const place = rows.findIndex(({ name }) => name === 'couchdbs') + 1;
  const all = rows.toSpliced(place, 0, ...entries);
  return [
    '| Value | What it is | When left out |',
    '| --- | --- | --- |',
    ...all.map(
      ({ name, description, preset }) => `| \`${name}\` | ${description.replaceAll('|', '\\|')} | ${preset} |`,
    ),
  ].join('\n');
}

function rowsOf(map, prefix) {
  return map.items.flatMap(({ key, value }, index) => {
    const name = `${prefix}${key.value}`;
    // The comment before the first key of a mapping belongs to the mapping.
    const comment = key.commentBefore ?? (index === 0 && prefix !== '' ? map.commentBefore : undefined);
    const isGroup = isMap(value) && value.items.length > 0;
    if (comment === undefined) {
      if (isGroup) return rowsOf(value, `${name}.`);
      throw new Error(`values.yaml: ${name} has no comment.`);
    }
    const row = { name, description: oneLine(comment), preset: isGroup ? '' : preset(value) };
    const isOfKubernetes = isGroup && /securityContext$/i.test(name) && prefix === '';
    if (isOfKubernetes) return [{ ...row, preset: preset(value) }];
    return isGroup ? [row, ...rowsOf(value, `${name}.`)] : [row];
  });
}

const oneLine = (comment) =>
  comment
    .split('\n')
    .map((line) => line.trim())
    .join(' ');

function preset(node) {
  const value = isMap(node) || isSeq(node) ? node.toJSON() : node.value;
  const isEmpty = value === null || value === '' || (typeof value === 'object' && Object.keys(value).length === 0);
  return isEmpty ? '' : `\`${typeof value === 'object' ? JSON.stringify(value) : value}\``;
}
