import { ancestorsOf } from './hierarchy.js';
import type { KnownModel, Lock } from './lock-file.js';
import {
  contactColumns,
  repeatKey,
  reportColumns,
  type Column,
  type ContactModel,
  type FormModel,
  type RepeatModel,
} from './model.js';
import { dataQualityNames } from './render/data-quality.js';
import { longestModel, nameOf, uniqueNames } from './naming.js';
import { own } from './own.js';
import { fieldsOf, nothingKnown, type Fields, type KnownFields, type Repeat } from './shape/fields.js';
import { keyOf, pathOf, type Path } from './shape/path.js';
import type { Survey } from './survey/survey.js';

/** The models of a package, and what is to be remembered of them. */
export interface Models {
  readonly forms: readonly FormModel[];
  readonly contacts: readonly ContactModel[];
  readonly known: Pick<Lock, 'forms' | 'contacts'>;
  /** Forms and contact types that have models and of which nothing was found any more. */
  readonly gone: { readonly forms: readonly string[]; readonly contacts: readonly string[] };
}

/** The models of cht_pipeline: a table of that name in the same schema would be theirs. */
const namesOfBaseModels = [
  ...['document_metadata', 'contact', 'contact_type', 'person', 'place', 'patient', 'data_record', 'user'],
  ...['feedback', 'telemetry', 'telemetry_devices', 'telemetry_metrics', 'dbt_results', 'data_quality', 'couchdb'],
  ...Object.values(dataQualityNames),
];

/** Works out the models for what was surveyed; what the last run knew stays. */
export function modelsOf(survey: Survey, lock: Lock, taken: readonly string[] = []): Models {
  const forms = [...survey.forms].sort(byKey);
  const contacts = [...survey.contacts].sort(byKey);
  const formFields = new Map(
    forms.map(([form, { shape, definition }]) => [
      form,
      fieldsOf(shape, definition, knownFields(own(lock.forms, form))),
    ]),
  );
  const names = modelNames(formFields, [...survey.contacts.keys()], lock, taken);

  const formModels = forms.map(([form, { definition }]): FormModel => {
    const fields = formFields.get(form) ?? { fields: [], repeats: [], leftOut: 0 };
    return {
      form,
      name: names.get(formKey(form)) ?? '',
      ...(definition.title === undefined ? {} : { title: definition.title }),
      ...columnsOf(fields, reportColumns.map(({ name }) => name), own(lock.forms, form)),
      repeats: fields.repeats.flatMap((repeat) => repeatModels(form, repeat, [], own(lock.forms, form), names)),
    };
  }); // prettier-ignore
  const contactModels = contacts.map(([type, { shape, definition }]): ContactModel => {
    const common = contactColumns.map(({ name }) => name);
    const ancestors = ancestorsOf(type, survey.parents, common);
    const reserved = [...common, ...ancestors.levels, ...ancestors.types.map(({ column }) => column)];
    const known = own(lock.contacts, type);
    return {
      type,
      name: names.get(contactKey(type)) ?? '',
      ...(definition.title === undefined ? {} : { title: definition.title }),
      ...columnsOf(fieldsOf(shape, definition, knownFields(known)), reserved, known),
      ancestors,
    };
  });

  return {
    forms: formModels,
    contacts: contactModels,
    known: {
      forms: { ...lock.forms, ...Object.fromEntries(formModels.map((model) => [model.form, knownForm(model)])) },
      contacts: { ...lock.contacts, ...Object.fromEntries(contactModels.map((model) => [model.type, knownModel(model)])) },
    },
    gone: {
      forms: Object.keys(lock.forms).filter((form) => !survey.forms.has(form)),
      contacts: Object.keys(lock.contacts).filter((type) => !survey.contacts.has(type)),
    },
  }; // prettier-ignore
}

function columnsOf(
  { fields, leftOut }: Fields,
  taken: readonly string[],
  known: KnownModel | undefined,
): { columns: Column[]; leftOut: number } {
  const names = uniqueNames(new Map(fields.map(({ path }) => [keyOf(path), nameOf(path)])), {
    kept: new Map(Object.entries(known?.columns ?? {}).map(([key, { name }]) => [key, name])),
    taken,
  });
  return { columns: fields.map((field) => ({ ...field, name: names.get(keyOf(field.path)) ?? '' })), leftOut };
}

/** The model of a repeat, and those of the repeats in it. */
function repeatModels(
  form: string,
  repeat: Repeat,
  outer: readonly Path[],
  knownOuter: KnownModel | undefined,
  names: ReadonlyMap<string, string>,
): RepeatModel[] {
  const arrays = [...outer, repeat.path];
  const known = knownOuter && own(knownOuter.repeats, keyOf(repeat.path));
  const positions = arrays.map((path, level) =>
    level === arrays.length - 1 ? 'position' : `${nameOf(path, 40)}_${level + 1}_position`,
  );
  const taken = [repeatKey, ...reportColumns.map(({ name }) => name), ...positions];
  const model = {
    form,
    name: names.get(repeatKeyOf(form, arrays)) ?? '',
    arrays,
    positions,
    ...columnsOf(repeat, taken, known),
  };
  return [model, ...repeat.repeats.flatMap((inner) => repeatModels(form, inner, arrays, known, names))];
}

function modelNames(
  forms: ReadonlyMap<string, Fields>,
  contacts: readonly string[],
  lock: Lock,
  taken: readonly string[],
): ReadonlyMap<string, string> {
  const wanted = new Map<string, string>();
  for (const [form, fields] of forms) {
    wanted.set(formKey(form), nameOf(['form', form], longestModel));
    const add = (repeats: readonly Repeat[], outer: readonly Path[]) => {
      for (const { path, repeats: inner } of repeats) {
        const arrays = [...outer, path];
        wanted.set(repeatKeyOf(form, arrays), nameOf(['form', form, ...arrays.flat()], longestModel));
        add(inner, arrays);
      }
    };
    add(fields.repeats, []);
  }
  for (const type of contacts) wanted.set(contactKey(type), nameOf(['contact', type], longestModel));

  const kept = new Map<string, string>();
  const keep = (form: string, known: KnownModel, arrays: readonly Path[]) => {
    kept.set(arrays.length === 0 ? formKey(form) : repeatKeyOf(form, arrays), known.model);
    for (const [key, inner] of Object.entries(known.repeats)) keep(form, inner, [...arrays, pathOf(key)]);
  };
  for (const [form, known] of Object.entries(lock.forms)) keep(form, known, []);
  for (const [type, known] of Object.entries(lock.contacts)) kept.set(contactKey(type), known.model);
  return uniqueNames(wanted, { kept, taken: [...namesOfBaseModels, ...taken], longest: longestModel });
}

const formKey = (form: string) => `form:${form}`;
const contactKey = (type: string) => `contact:${type}`;
const repeatKeyOf = (form: string, arrays: readonly Path[]) => `form:${form}#${arrays.map(keyOf).join('#')}`;

function knownFields(known: KnownModel | undefined): KnownFields {
  return known ?? nothingKnown;
}

function knownForm(model: FormModel): KnownModel {
  const repeatsBelow = (outer: readonly Path[]): Record<string, KnownModel> =>
    Object.fromEntries(
      model.repeats
        .filter(({ arrays }) => arrays.length === outer.length + 1 && outer.every((path, level) => keyOf(path) === keyOf(arrays[level] ?? []))) // prettier-ignore
        .map((repeat) => [keyOf(repeat.arrays.at(-1) ?? []), { ...knownModel(repeat), repeats: repeatsBelow(repeat.arrays) }]),
    ); // prettier-ignore
  return { ...knownModel(model), repeats: repeatsBelow([]) };
}

function knownModel({ name, columns }: { name: string; columns: readonly Column[] }): KnownModel {
  return {
    model: name,
    columns: Object.fromEntries(
      columns.map(({ path, name: column, kind, share, choices }) => [
        keyOf(path),
        {
          name: column,
          ...(kind === undefined ? {} : { kind }),
          share,
          ...(choices === undefined ? {} : { choices: [...choices.values] }),
        },
      ]),
    ),
    repeats: {},
  };
}

function byKey([one]: readonly [string, unknown], [other]: readonly [string, unknown]): number {
  return one < other ? -1 : 1;
}
