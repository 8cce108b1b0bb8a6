import { stringify } from 'yaml';
import type { ContactModel, FormModel } from '../model.js';
import { formDocs, contactDocs, repeatDocs } from './docs.js';
import { contactModelSql } from './contact-model.js';
import {
  contactQualitySql,
  dataQualityNames,
  formQualitySql,
  malformedElementMacro,
  qualityDocs,
} from './data-quality.js';
import { formModelSql } from './form-model.js';
import { repeatModelSql } from './repeat-model.js';

/** The files of a package, by their paths in it. */
export type Files = ReadonlyMap<string, string>;

/** Writes out a whole package. */
export function packageFiles(
  name: string,
  { forms, contacts }: { readonly forms: readonly FormModel[]; readonly contacts: readonly ContactModel[] },
): Files {
  const files = new Map<string, string>([
    ['dbt_project.yml', projectFile(name)],
    ['packages.yml', packagesFile],
    ['macros/upsert.sql', upsertMacro],
    ['macros/malformed_element.sql', malformedElementMacro],
    ['README.md', readme(name)],
  ]);
  const add = (folder: string, model: string, sql: string, docs: string) => {
    files.set(`models/${folder}/${model}.sql`, sql);
    files.set(`models/${folder}/${model}.yml`, docs);
  };
  for (const form of forms) {
    add('forms', form.name, formModelSql(form), formDocs(form));
    for (const repeat of form.repeats) add('forms', repeat.name, repeatModelSql(repeat), repeatDocs(repeat));
  }
  for (const contact of contacts) add('contacts', contact.name, contactModelSql(contact), contactDocs(contact));
  const quality = [
    [dataQualityNames.forms, formQualitySql(name, forms), 'reports'],
    [dataQualityNames.contacts, contactQualitySql(contacts), 'contacts'],
  ] as const;
  for (const [model, sql, documents] of quality) {
    if (sql !== undefined) add('data_quality', model, sql, qualityDocs(model, documents));
  }
  return files;
}

function projectFile(name: string): string {
  return stringify({
    name,
    version: '1.0.0',
    'config-version': 2,
    profile: 'cht_sync',
    'model-paths': ['models'],
    'macro-paths': ['macros'],
    models: {
      [name]: {
        forms: { '+tags': ['forms'] },
        contacts: { '+tags': ['contacts'] },
        data_quality: { '+tags': ['data_quality'] },
      },
    },
  });
}

const packagesFile = `# The models and macros that CHT Sync brings: the dataemon puts them there.
packages:
  - local: cht_pipeline
`;

const upsertMacro = `{#- dbt looks for the strategy of an incremental model here when this package is the project that it runs. -#}
{% macro get_incremental_upsert_sql(arguments) %}
  {% do return(cht_pipeline.get_incremental_upsert_sql(arguments)) %}
{% endmacro %}
`;

function readme(name: string): string {
  return `# ${name}

A dbt package, written by \`cht-sync scaffold\` from the documents of a deployment: a model for each form, each repeat in a
form, and each type of contact. Every model and column is described in the YAML file beside it.

The dataemon of CHT Sync keeps the models up to date when \`DBT_LOCAL_PATH\` names this folder, or
\`CHT_PIPELINE_BRANCH_URL\` a git repository of it.

Edit whatever you like, and add models of your own. Run \`cht-sync scaffold\` again when forms have changed: it shows what is
new, merges it with your edits, and where both have changed the same lines it writes its own version beside the file, as
\`<file>.new\`. What it generated last stands in \`.cht-sync-scaffold.json\`: keep that file in version control, too.
`;
}
