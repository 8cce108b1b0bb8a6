import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** The files of a dbt package, by path. */
export type PackageFiles = Readonly<Record<string, string>>;

/** A model that takes what is new in the table of documents, or in another model. */
export function incremental(columns: string, from: string, more = ''): string {
  return `{{ config(materialized='incremental', unique_key='uuid', on_schema_change='append_new_columns'${more}) }}
SELECT ${columns}, saved_timestamp FROM ${from}
{% if is_incremental() %} WHERE saved_timestamp > (SELECT coalesce(max(saved_timestamp), 'epoch') FROM {{ this }}) {% endif %}
`;
}

/** The table of documents, as packages of medic/cht-sync v2 name it. */
export const documents = `{{ env_var('POSTGRES_SCHEMA') }}.{{ env_var('POSTGRES_TABLE') }}`;

/** A package of two models, one below the other, and a selector. */
export function tinyPackage(more: PackageFiles = {}): PackageFiles {
  return {
    'dbt_project.yml': 'name: tiny\nversion: "1.0"\nconfig-version: 2\nprofile: default\n',
    'models/root.sql': incremental(`_id AS uuid, doc->>'type' AS type`, documents),
    'models/child.sql': incremental('uuid, upper(type) AS type', `{{ ref('root') }}`),
    ...more,
  };
}

/** Writes files below a folder. */
export async function writeFiles(folder: string, files: PackageFiles): Promise<string> {
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), content);
  }
  return folder;
}
