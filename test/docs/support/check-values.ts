import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { repository } from './pages.js';

/** A JSON Schema, as far as it is looked at here. */
interface Schema {
  readonly $ref?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly additionalProperties?: boolean | Schema;
  readonly [keyword: string]: unknown;
}

/** The paths in values for the Helm chart that its schema has no name for. */
export function unknownValues(values: unknown): string[] {
  const file = join(repository, 'deploy/helm/cht-sync/values.schema.json');
  const root = JSON.parse(readFileSync(file, 'utf8')) as Schema;
  const resolved = (schema: Schema): Schema => {
    if (schema.$ref === undefined) return schema;
    const found = schema.$ref.replace(/^#\//, '').split('/').reduce<unknown>((at, key) => (at as Schema)[key], root); // prettier-ignore
    return resolved(found as Schema);
  };
  const walk = (value: unknown, given: Schema, path: string): string[] => {
    const schema = resolved(given);
    if (Array.isArray(value)) {
      const { items } = schema;
      return items === undefined ? [] : value.flatMap((one, index) => walk(one, items, `${path}[${index}]`));
    }
    if (typeof value !== 'object' || value === null || schema.properties === undefined) return [];
    const { properties, additionalProperties: more } = schema;
    return Object.entries(value).flatMap(([key, inner]) => {
      const next = properties[key];
      if (next !== undefined) return walk(inner, next, `${path}.${key}`);
      return more === undefined || more === false ? [`${path}.${key}`] : [];
    });
  };
  return walk(values, root, 'values');
}
