import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { DataemonBench, until } from '../dataemon/support/dataemon-bench.js';
import { postgresVariables } from '../end-to-end/support/environment.js';
import { Command } from '../support/command.js';
import {
  laterReport,
  malformedReports,
  malformedValues,
  oddForm,
  oddReports,
  sampleDocuments,
  type Document,
} from './documents.js';
import { expectedElements, expectedRows, type LockedModel, type Rows } from './expected-rows.js';

/** What stands in the lock file of a package, as far as it is relied on here. */
interface Locked {
  readonly forms: Readonly<Record<string, LockedModel>>;
  readonly contacts: Readonly<Record<string, LockedModel>>;
}

test('a package for the sample builds, holds what the documents hold, is stable, and keeps edits', async () => {
  await using bench = await DataemonBench.open();
  const scaffold = async (...flags: string[]) => {
    await using command = new Command(['scaffold', '--into', 'deployment', ...flags], {
      folder: bench.folder,
      env: postgresVariables(bench.database),
    });
    const { code } = await command.end();
    return { code, stdout: command.stdout, stderr: command.stderr };
  };
  const file = (path: string) => join(bench.folder, 'deployment', path);

  expect(await scaffold()).toMatchObject({ code: 1, stderr: expect.stringContaining('[SCAFFOLD_NO_DATA]') as string });
  const documents = sampleDocuments(500);
  await bench.save(...documents.values(), ...oddReports);
  for (const report of oddReports) documents.set(report._id, report);

  // From the table of documents alone: there are no models yet.
  expect(await scaffold()).toMatchObject({ code: 0, stderr: '' });
  expect(await scaffold()).toMatchObject({ code: 0, stdout: expect.stringContaining('nothing to do') as string });

  // The user adds a column; a report brings a field that there was not before, and a date that is none.
  const sql = await readFile(file('models/forms/form_pregnancy.sql'), 'utf8');
  await writeFile(file('models/forms/form_pregnancy.sql'), sql.replace('\n', '\n  data_record.from_phone,\n'));
  await bench.save(laterReport);
  documents.set(laterReport._id, laterReport);
  const shown = await scaffold('--dry-run');
  expect(shown.code).toBe(1);
  expect(shown.stdout).toContain('models/forms/form_pregnancy.sql: merged with your edits');
  expect(shown.stdout).toMatch(/^\+ {2}.*obstetric_para,$/m);
  expect(shown.stdout).toMatch(/^- {2}.*date_of.*lmp_date,$/m);
  expect(await scaffold()).toMatchObject({ code: 0 });
  const edited = await readFile(file('models/forms/form_pregnancy.sql'), 'utf8');
  expect(edited).toContain('data_record.from_phone,\n');
  expect(edited).toContain('obstetric_para');

  // The columns have their types by now.
  await bench.save(...malformedReports);
  for (const report of malformedReports) documents.set(report._id, report);

  const dataemon = bench.start({ kind: 'local', path: join(bench.folder, 'deployment') });
  await until(
    () => {
      const { error, state } = dataemon.status();
      if (error !== null) throw new Error(error.message);
      return state === 'idle';
    },
    'the models',
    120_000,
  );

  const locked = JSON.parse(await readFile(file('.cht-sync-scaffold.json'), 'utf8')) as Locked;
  const rowsOf = async ({ model, columns }: LockedModel, key: string): Promise<Rows> => {
    const rows = await bench.rows<{ key: string; row: Record<string, unknown> }>(
      `SELECT ${key} AS key, to_jsonb(model) AS row FROM v1.${model} AS model`,
    );
    const names = Object.values(columns);
    return Object.fromEntries(
      rows.map(({ key: id, row }) => [
        id,
        Object.fromEntries(
          names.map(({ name, kind }) => {
            const value = row[name];
            const isTime = kind === 'timestamp' || kind === 'epoch';
            return [name, isTime && typeof value === 'string' ? Date.parse(value) : value];
          }),
        ),
      ]),
    );
  };
  const living = () => [...documents.values()].filter(({ _deleted }) => _deleted !== true);
  const compareRepeats = async (
    parents: readonly (readonly [string, unknown])[],
    known: LockedModel,
  ): Promise<number> => {
    let compared = 0;
    for (const [key, inner] of Object.entries(known.repeats)) {
      const { rows, elements } = expectedElements(parents, key, inner);
      expect(await rowsOf(inner, 'id'), inner.model).toEqual(rows);
      compared += 1 + (await compareRepeats(elements, inner));
    }
    return compared;
  };
  /** Compares all models with the documents; gives the number of repeats. */
  const compareAll = async (): Promise<number> => {
    let repeats = 0;
    for (const [form, known] of Object.entries(locked.forms)) {
      const reports = living().filter((document) => document.type === 'data_record' && document.form === form);
      expect(await rowsOf(known, 'uuid'), form).toEqual(expectedRows(reports, known, 'fields'));
      repeats += await compareRepeats(
        reports.map(({ _id, fields }) => [_id, fields]),
        known,
      );
    }
    for (const [type, known] of Object.entries(locked.contacts)) {
      const contacts = living().filter((document) => typeOf(document) === type);
      expect(await rowsOf(known, 'uuid'), type).toEqual(expectedRows(contacts, known, undefined));
    }
    return repeats;
  };
  expect(Object.keys(locked.forms)).toContain(oddForm);
  expect(Object.keys(locked.contacts)).toContain('c82_person');
  expect(await compareAll()).toBe(5);

  const told = async () => {
    const rows = await bench.rows<{ row: string[] }>(
      `SELECT array[uuid, model, column_name, value] AS row FROM v1.data_quality_of_forms
       WHERE uuid LIKE 'malformed%' ORDER BY uuid, column_name`,
    );
    return rows.map(({ row }) => row);
  };
  expect(await told()).toEqual(malformedValues);

  // Edits, deletes and changes of form reach all of them, element by element.
  const visits = living().filter((document) => document.form === 'home_visit' && document.content_type === 'xml');
  const [shorter, other, gone] = visits as [Document, Document, Document];
  const changes: readonly Document[] = [
    { ...shorter, fields: { ...(shorter.fields as object), members: [{ name: 'Only', well: 'no' }] } },
    { ...other, form: 'household_survey', fields: { note: 'moved', place_id: '1' } },
    ...[gone, ...malformedReports].map(({ _id }) => ({ _id, _deleted: true })),
  ];
  for (const change of changes) documents.set(change._id, change);
  const watermark = await bench.save(...changes);
  await until(() => dataemon.status().upToDateWith === watermark, 'the models after edits', 90_000);
  await compareAll();
  expect(await told()).toEqual([]);

  const patient = documents.get((living().find(({ form }) => form === 'delivery')?.fields as { patient_uuid: string }).patient_uuid); // prettier-ignore
  expect(await bench.rows(`SELECT from_phone FROM v1.form_pregnancy WHERE uuid = 'later'`)).toEqual([
    { from_phone: null },
  ]);
  const above = `SELECT clinic, health_center FROM v1.contact_person WHERE uuid = '${patient?._id ?? ''}'`;
  const lineage = patient?.parent as { _id: string; parent: { _id: string } };
  expect(await bench.rows(above)).toEqual([{ clinic: lineage._id, health_center: lineage.parent._id }]);

  // With the models there, forms and types come from them: it is the same package.
  expect(await scaffold('--dry-run')).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('nothing to do') as string,
  });

  // Nothing that tells of a person is in the files.
  const files = JSON.stringify(await Promise.all(['forms/form_pregnancy.yml', 'contacts/contact_person.yml'].map((path) => readFile(file(`models/${path}`), 'utf8')))); // prettier-ignore
  for (const { name, phone } of living() as { name?: string; phone?: string }[]) {
    for (const value of [name, phone]) if (value !== undefined && value.length > 5) expect(files).not.toContain(value);
  }
});

function typeOf({ type, contact_type: configured }: Document): unknown {
  return ['contact', 'clinic', 'district_hospital', 'health_center', 'person'].includes(type ?? '')
    ? (configured ?? type)
    : undefined;
}
