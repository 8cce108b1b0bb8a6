import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { noDefinition, type FormDefinition } from './definitions/definition.js';
import { textOf } from './files/lines.js';
import { defaultParents } from './hierarchy.js';
import { newLock, readLock, lockText, type Lock } from './lock-file.js';
import { isValidName, longestModel } from './naming.js';
import { own } from './own.js';
import { planPackage, type Plan } from './plan.js';
import { isInternalOfContact, isInternalOfForm } from './shape/internal.js';
import { Shape } from './shape/shape.js';
import type { Survey } from './survey/survey.js';

type Bodies = Readonly<Record<string, readonly unknown[]>>;

function surveyOf(
  forms: Bodies,
  contacts: Bodies = {},
  definitions: Readonly<Record<string, FormDefinition>> = {},
): Survey {
  const surveyed = (bodies: Bodies, isInternal: typeof isInternalOfForm) =>
    new Map(
      Object.entries(bodies).map(([name, documents]) => {
        const shape = new Shape(isInternal);
        for (const each of documents) shape.add(each);
        return [name, { shape, definition: own(definitions, name) ?? noDefinition }];
      }),
    );
  return {
    forms: surveyed(forms, isInternalOfForm),
    contacts: surveyed(contacts, isInternalOfContact),
    parents: defaultParents,
  };
}

/** What is in the folder after a plan was carried out. */
function written({ files }: Plan, before: ReadonlyMap<string, string> = new Map()): Map<string, string> {
  const folder = new Map(before);
  for (const { path, outcome } of files) {
    if ('lines' in outcome) folder.set(outcome.kind === 'conflict' ? `${path}.new` : path, textOf(outcome.lines));
  }
  return folder;
}

const plan = (survey: Survey, lock: Lock = newLock('x'), folder: ReadonlyMap<string, string> = new Map()) =>
  planPackage(survey, lock, (path) => folder.get(path));

/** The file of a plan for the survey of one form. */
function fileOf(path: string, ...args: Parameters<typeof plan>): string {
  return written(plan(...args)).get(path) ?? '';
}

const value = fc.letrec((tie) => ({
  any: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom('', 'yes', 'no', 'a', '2024-01-31', '12', '{{ x }}', `'"\\`),
    fc.integer(),
    fc.boolean(),
    fc.constant(null),
    fc.array(tie('any'), { maxLength: 3 }),
    fc.dictionary(fc.oneof(fc.constantFrom('a', 'A', 'a_b', 'user', '_id', 'null', '{%', '}}'), fc.string({ maxLength: 8 })), tie('any'), { maxKeys: 5 }), // prettier-ignore
  ),
})).any;
const bodies = fc.dictionary(fc.string({ minLength: 1, maxLength: 12 }), fc.array(value, { minLength: 1, maxLength: 4 }), { maxKeys: 4 }); // prettier-ignore

test('any package has valid names, YAML that parses, and templates in which all braces are closed', () => {
  fc.assert(
    fc.property(bodies, bodies, (forms, contacts) => {
      const { models, files } = plan(surveyOf(forms, contacts));
      const all = [...models.forms, ...models.forms.flatMap(({ repeats }) => repeats), ...models.contacts];
      expect(new Set(all.map(({ name }) => name)).size).toBe(all.length);
      for (const { name, columns } of all) {
        expect(isValidName(name, longestModel)).toBe(true);
        expect(columns.filter((column) => !isValidName(column.name))).toEqual([]);
      }
      for (const { path, outcome } of files) {
        const text = 'lines' in outcome ? textOf(outcome.lines) : '';
        if (path.endsWith('.yml')) checkDocs(parse(text) as Docs);
        if (path.endsWith('.sql')) expect(withoutTemplate(text)).not.toMatch(/\{[{%#]|[}%#]\}/);
      }
    }),
    { numRuns: 60 },
  );
});

interface Docs {
  readonly models?: readonly { readonly columns: readonly { readonly name: string; readonly description: string }[] }[];
}

function checkDocs(docs: Docs): void {
  if (!Array.isArray(docs.models)) return;
  for (const { columns } of docs.models as NonNullable<Docs['models']>) {
    expect(new Set(columns.map(({ name }) => name)).size).toBe(columns.length);
    for (const { description } of columns) expect(description).not.toMatch(/\{[{%#]/);
  }
}

/** What Jinja leaves over: strings in what it evaluates may hold anything. */
function withoutTemplate(sql: string): string {
  const string = String.raw`'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"`;
  return sql.replaceAll(new RegExp(String.raw`\{\{(?:${string}|(?!\}\}).)*?\}\}|\{%(?:${string}|(?!%\}).)*?%\}|\{#.*?#\}`, 'gs'), ''); // prettier-ignore
}

test('planned again from the same documents, nothing is to be done', () => {
  fc.assert(
    fc.property(bodies, bodies, (forms, contacts) => {
      const survey = surveyOf(forms, contacts);
      const first = plan(survey);
      const lock = readLock(lockText(first.lock), 'lock');
      const again = plan(survey, lock, written(first));
      expect(again.files.filter(({ outcome }) => outcome.kind !== 'same')).toEqual([]);
      expect(again.lock).toEqual(lock);
    }),
    { numRuns: 60 },
  );
});

test('groups are prefixes, repeats are models of their own, and what CHT writes for itself is left out', () => {
  const fields = {
    ...{ inputs: { source: 'task' }, meta: { instanceID: 'uuid:1' }, _hidden: 1 },
    care: { facility: { visits: 3 }, contact: { _id: 'c' } },
    babies: [{ weight: 2.5, vaccines: [{ name: 'bcg' }] }],
  };
  const { models } = plan(surveyOf({ delivery: [fields] }));
  const [form] = models.forms;
  expect(form?.columns.map(({ name, kind }) => [name, kind])).toEqual([
    ['care_contact_id', 'text'],
    ['care_facility_visits', 'integer'],
  ]);
  expect(form?.repeats.map(({ name, positions, columns }) => [name, positions, columns.map((column) => column.name)])).toEqual([
    ['form_delivery_babies', ['position'], ['weight']],
    ['form_delivery_babies_vaccines', ['babies_1_position', 'position'], ['name']],
  ]); // prettier-ignore
});

test('a declared type counts when the values agree; when they do not, the column is text, and says why', () => {
  const definitions = {
    x: { fields: [{ path: ['seen'], kind: 'date' }, { path: ['weight'], kind: 'number' }, { path: ['never'], kind: 'integer', label: 'Never {{ asked }}' }], repeats: [] },
  } as const; // prettier-ignore
  const survey = surveyOf(
    {
      x: [
        { seen: '2024-01-01', weight: 3 },
        { seen: 'yesterday', weight: '4' },
      ],
    },
    {},
    definitions,
  );
  const sql = fileOf('models/forms/form_x.sql', survey);
  expect(sql).toContain(
    `  -- declared as date, which not all values are\n  nullif(report.fields #>> '{seen}', '') as seen,`,
  );
  expect(sql).toContain(`number_of("report.fields #>> '{weight}'") }} as weight`);
  expect(sql).toContain('as never');
  expect(fileOf('models/forms/form_x.yml', survey)).toContain('Never { { asked }}.');
});

test('a field that was not seen again keeps its column, name and type; types only become wider', () => {
  const columns = ({ models }: Plan) => models.forms[0]?.columns.map(({ name, kind }) => [name, kind]);
  const first = plan(surveyOf({ x: [{ a: 1, 'a ': 'yes', gone: '2024-01-01' }] }));
  expect(columns(first)).toEqual([
    ['a', 'integer'],
    ['a_2', 'boolean'],
    ['gone', 'date'],
  ]);
  const second = plan(surveyOf({ x: [{ A: 'new', a: 1.5 }] }), first.lock, written(first));
  expect(columns(second)).toEqual([
    ['a_3', 'text'],
    ['a', 'number'],
    ['a_2', 'boolean'],
    ['gone', 'date'],
  ]);
  expect(columns(plan(surveyOf({ x: [{ a: 1 }] }), second.lock, written(second)))).toEqual(columns(second));
});

test('fields and forms may be called as what every object has', () => {
  const survey = surveyOf({ constructor: [{ constructor: 1, toString: { valueOf: 'yes' } }] });
  const first = plan(survey);
  expect(first.models.forms[0]?.columns.map(({ name }) => name)).toEqual(['constructor', 'to_string_value_of']);
  expect(plan(survey, first.lock, written(first)).files.every(({ outcome }) => outcome.kind === 'same')).toBe(true);
});

test('a form that is gone is told, and what there is of it stays', () => {
  const first = plan(surveyOf({ x: [{ a: 1 }], y: [{ a: 1 }] }));
  const folder = written(first);
  const second = plan(surveyOf({ y: [{ a: 1 }] }), first.lock, folder);
  expect(second.models.gone.forms).toEqual(['x']);
  expect(written(second, folder).get('models/forms/form_x.sql')).toBe(folder.get('models/forms/form_x.sql'));
  expect(second.lock.forms.x).toEqual(first.lock.forms.x);
});

test('edits survive: merged where they can be, otherwise with the new version beside', () => {
  const first = plan(surveyOf({ x: [{ a: 1, b: 2, c: 3, d: 4 }] }));
  const folder = written(first);
  const path = 'models/forms/form_x.sql';
  const edit = (from: string, to: string) => folder.set(path, (folder.get(path) ?? '').replace(from, to));
  edit('as a,', 'as renamed_by_me,');
  const second = plan(surveyOf({ x: [{ a: 1, b: 2, c: 3, d: 4.5 }] }), first.lock, folder);
  expect(second.files.find((file) => file.path === path)?.outcome.kind).toBe('merged');
  const merged = written(second, folder);
  expect(merged.get(path)).toContain('as renamed_by_me');
  expect(merged.get(path)).toMatch(/number_of.* as d\n/);

  edit('as d\n', 'as mine\n');
  const third = plan(surveyOf({ x: [{ a: 1, b: 2, c: 3, d: 4.5 }] }), first.lock, folder);
  expect(third.files.find((file) => file.path === path)?.outcome.kind).toBe('conflict');
  expect(written(third, folder).get(path)).toContain('as mine');
});

test('contacts have the types above them as columns, whatever the level', () => {
  const parent = { _id: 'p' };
  const contacts = { person: [{ name: 'x', parent }], clinic: [{ name: 'y', parent }] };
  const clinic = fileOf('models/contacts/contact_clinic.sql', surveyOf({}, contacts));
  expect(clinic).toContain(
    `[\n  {'id': 'health_center', 'table': 'contact'},\n  {'id': 'district_hospital', 'table': 'contact'},\n]`,
  );
  const person = fileOf('models/contacts/contact_person.sql', surveyOf({}, contacts));
  expect(person).toContain(`  case
    when ancestor_1.contact_type = 'health_center' then ancestor_1.uuid
    when ancestor_2.contact_type = 'health_center' then ancestor_2.uuid
  end as health_center`);
});
