import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { expect, test, vi } from 'vitest';
import { day, week, year } from './calendar.js';
import type { SampleOptions } from './deployment.js';
import { sampleDatabases, type Lineage, type SampleDatabase, type SampleDocument } from './documents.js';
import { sampleData } from './sample-data.js';

// Thousands of documents on a machine that does other things too.
vi.setConfig({ testTimeout: 30_000 });

const now = new Date('2026-03-04T10:00:00Z');

/** A sample read to its end. */
function sampleOf(options: Partial<SampleOptions>) {
  const all = new Map(sampleDatabases.map((database) => [database, new Map<string, SampleDocument[]>()]));
  for (const { database, documents } of sampleData({ now, ...options })) {
    const revisions = all.get(database)!;
    for (const document of documents) revisions.set(document._id, [...(revisions.get(document._id) ?? []), document]);
  }
  const each = (database: SampleDatabase, at: number) =>
    new Map([...all.get(database)!].map(([id, revisions]) => [id, revisions.at(at)!]));
  return {
    revisions: (database: SampleDatabase) => all.get(database)!,
    documents: (database: SampleDatabase) => each(database, 0),
    last: (database: SampleDatabase) => each(database, -1),
  };
}

test('the same seed and time give the same bytes, another seed or time gives others', () => {
  const digest = (seed: number, end = now): string => {
    const hash = createHash('sha256');
    for (const batch of sampleData({ documents: 1000, seed, now: end })) hash.update(JSON.stringify(batch));
    return hash.digest('hex');
  };
  expect(digest(1)).toBe(digest(1));
  expect(digest(2)).not.toBe(digest(1));
  expect(digest(1, new Date(now.getTime() + 1))).not.toBe(digest(1));
});

test('there are exactly as many documents as asked for, each once, however many are asked for', () => {
  fc.assert(
    fc.property(fc.integer({ min: 100, max: 3000 }), fc.integer({ min: -5, max: 2 ** 31 }), (documents, seed) => {
      const ids = new Set<string>();
      let firstRevisions = 0;
      for (const batch of sampleData({ documents, seed, now })) {
        firstRevisions += batch.firstRevisions;
        for (const { _id } of batch.documents) ids.add(`${batch.database}/${_id}`);
        expect(new Set(batch.documents.map(({ _id }) => _id)).size).toBe(batch.documents.length);
        expect(batch.documents.length).toBeLessThanOrEqual(500);
      }
      expect(firstRevisions).toBe(documents);
      expect(ids.size).toBe(documents);
    }),
    { numRuns: 25 },
  );
});

test('by default there are 20,000, most of them in medic, one in a hundred deleted', () => {
  const started = performance.now();
  const sample = sampleOf({});
  expect(performance.now() - started).toBeLessThan(5000);
  const counts = sampleDatabases.map((database) => sample.documents(database).size);
  const [inMedic = 0] = counts;
  expect(counts.reduce((one, other) => one + other)).toBe(20_000);
  expect(inMedic / 20_000).toBeGreaterThan(0.75);
  const tombstones = [...sample.last('medic').values()].filter(({ _deleted }) => _deleted === true);
  expect(tombstones.length / 20_000).toBeGreaterThan(0.005);
  expect(tombstones.length / 20_000).toBeLessThan(0.02);
});

test('each kind of document is there even in the smallest sample', () => {
  const sample = sampleOf({ documents: 100 });
  const documents = [...sample.documents('medic').values()];
  const kinds = new Set(documents.map(({ type, form, contact_type }) => [type, form ?? contact_type].join(' ').trim()));
  for (const kind of [
    ...['district_hospital', 'health_center', 'clinic', 'person', 'contact c60_school', 'contact c82_person'],
    ...['user-settings', 'translations', 'resources', 'branding', 'form'],
    ...['pregnancy', 'pregnancy_home_visit', 'delivery', 'postnatal_visit', 'assessment', 'home_visit', 'V'].map(
      (form) => `data_record ${form}`,
    ),
  ]) {
    expect(kinds).toContain(kind);
  }
  expect(documents.map(({ _id }) => _id)).toEqual(expect.arrayContaining(['settings', '_design/medic', 'awkward-nul']));
  expect(documents.some((document) => document.sms_message !== undefined && document.patient_id !== undefined)).toBe(
    true,
  );
  const used = [...sample.documents('medic-users-meta').values()];
  expect(used.filter(({ type }) => type === 'telemetry').length).toBeGreaterThanOrEqual(4);
  expect(used.filter(({ type }) => type === 'feedback').map(({ info }) => typeof info)).toEqual(['object', 'string']);
  expect([...sample.documents('medic-sentinel').values()].some(({ type }) => type === 'info')).toBe(true);
  expect(sample.documents('_users').size).toBeGreaterThanOrEqual(2);
});

test('awkward documents have what they are named for', () => {
  const documents = sampleOf({ documents: 100 }).documents('medic');
  const text = (name: string): string => JSON.stringify(documents.get(`awkward-${name}`));
  expect(text('nul')).toContain(String.raw`before\u0000after`);
  expect(text('backslash')).toContain(String.raw`C:\\u0000x`);
  expect(text('large').length).toBeGreaterThan(200_000);
  expect((documents.get('awkward-numbers')?.fields as { large: number }).large).toBeGreaterThan(2 ** 53);
  expect(text('attachment')).toContain('_attachments');
  expect(documents.get('awkward-no-type')).not.toHaveProperty('type');
});

test('documents have a past: edits, tombstones, one deleted and made again, one that changed its type, a conflict', () => {
  const pasts = [...sampleOf({ documents: 100 }).revisions('medic').values()];
  const some = (past: (revisions: readonly SampleDocument[]) => boolean): boolean => pasts.some(past);
  expect(some((revisions) => String(revisions.at(-1)?._rev).startsWith('3-'))).toBe(true);
  expect(some(([, second]) => second?._deleted === true && second.type === undefined)).toBe(true);
  expect(some(([, second]) => second?._deleted === true && second.type !== undefined)).toBe(true);
  expect(
    some(([, second, third]) => second?._deleted === true && third?._deleted === undefined && third !== undefined),
  ).toBe(true);
  expect(some(([first, second]) => second?.type !== undefined && second.type !== first?.type)).toBe(true);
  expect(some(([first, second]) => second?.form !== undefined && second.form !== first?.form)).toBe(true);
  const generations = (revisions: readonly SampleDocument[]): string[] =>
    revisions.map(({ _rev }) => String(_rev).slice(0, 2));
  expect(some((revisions) => generations(revisions).join() === '1-,2-,2-')).toBe(true);
});

test('each revision names those before it', () => {
  for (const revisions of sampleOf({ documents: 1000 }).revisions('medic').values()) {
    for (const { _rev, _revisions } of revisions.slice(1)) {
      const { start, ids } = _revisions as { start: number; ids: string[] };
      expect(`${start}-${ids[0] ?? ''}`).toBe(_rev);
      expect(`1-${ids.at(-1) ?? ''}`).toBe(revisions[0]?._rev);
      expect(_rev).toMatch(/^\d-[0-9a-f]{32}$/);
    }
  }
});

const fieldsOf = (document: SampleDocument): Record<string, unknown> =>
  (document.fields ?? {}) as Record<string, unknown>;

test('every reference leads to a document that is there', () => {
  fc.assert(
    fc.property(fc.integer({ min: 100, max: 4000 }), fc.integer({ min: 0, max: 1000 }), (documents, seed) => {
      const sample = sampleOf({ documents, seed });
      const medic = sample.documents('medic');
      const last = sample.last('medic');
      const shortIds = new Set([...medic.values()].flatMap(({ patient_id, place_id }) => [patient_id, place_id]));
      const lineageLeads = (lineage: Lineage | undefined): void => {
        if (lineage === undefined) return;
        expect(last.get(lineage._id)).not.toHaveProperty('_deleted');
        expect(medic.get(lineage._id)?.parent).toEqual(lineage.parent);
        lineageLeads(lineage.parent);
      };
      for (const document of medic.values()) {
        lineageLeads(document.parent as Lineage | undefined);
        if (document.contact !== '') lineageLeads(document.contact as Lineage | undefined);
        const fields = fieldsOf(document);
        for (const id of [document.contact_id, document.facility_id, document.created_by_doc]) {
          if (id !== undefined) expect(medic.has(id as string)).toBe(true);
        }
        for (const id of [fields.patient_uuid, fields.place_uuid])
          if (id !== undefined) expect(last.has(id as string)).toBe(true);
        for (const id of [fields.patient_id, fields.place_id]) if (id !== undefined) expect(shortIds).toContain(id);
        for (const { baby_uuid } of (fields.babies ?? []) as { baby_uuid: string }[])
          expect(medic.has(baby_uuid)).toBe(true);
        for (const { person_uuid } of (fields.members ?? []) as { person_uuid: string }[]) {
          expect(medic.has(person_uuid)).toBe(true);
        }
      }
      for (const { doc_id, muting_history } of sample.documents('medic-sentinel').values()) {
        if (doc_id !== undefined) expect(last.get(doc_id as string)).not.toHaveProperty('_deleted');
        for (const { report_id } of (muting_history ?? []) as { report_id: string }[])
          expect(medic.has(report_id)).toBe(true);
      }
      for (const { _id } of sample.documents('_users').values()) expect(medic.get(_id)?.type).toBe('user-settings');
    }),
    { numRuns: 6 },
  );
});

test('short ids are given once', () => {
  const medic = [...sampleOf({ documents: 5000 }).documents('medic').values()];
  const ids = medic
    .filter(({ type }) => type !== 'data_record')
    .flatMap(({ patient_id, place_id }) => patient_id ?? place_id ?? []);
  expect(new Set(ids).size).toBe(ids.length);
});

test('stories are consistent: visits and births follow their pregnancy, mothers are women of fitting age, the sick are small', () => {
  const medic = sampleOf({}).documents('medic');
  const reports = [...medic.values()].filter(({ _id, type }) => type === 'data_record' && !_id.startsWith('awkward'));
  const people = [...medic.values()].filter(({ type }) => type !== 'data_record');
  const byShortId = new Map(people.map((document) => [document.patient_id, document]));
  const registered = new Map<string, SampleDocument[]>();
  let births = 0;
  let due = 0;
  for (const report of reports) {
    const fields = fieldsOf(report);
    const time = report.reported_date as number;
    expect(Number.isInteger(time)).toBe(true);
    expect(time).toBeLessThanOrEqual(now.getTime());
    expect(time).toBeGreaterThan(now.getTime() - 2.1 * year);
    const patient = medic.get(String(fields.patient_uuid)) ?? byShortId.get(fields.patient_id);
    const born = Date.parse(String(patient?.date_of_birth));
    const age = (time - born) / year;
    const pregnancies = registered.get(String(patient?._id)) ?? [];
    const current = pregnancies.at(-1);
    if (report.form === 'pregnancy') {
      registered.set(String(patient?._id), [...pregnancies, report]);
      expect(patient?.sex).toBe('female');
      expect(age).toBeGreaterThan(15);
      expect(age).toBeLessThan(46);
      expect(Date.parse(String(fields.edd)) - Date.parse(String(fields.lmp_date))).toBe(280 * day);
      if (time < now.getTime() - 280 * day) due += 1;
    }
    if (['pregnancy_home_visit', 'delivery', 'postnatal_visit', 'V'].includes(String(report.form))) {
      expect(current).toBeDefined();
      expect(time).toBeGreaterThan(Number(current?.reported_date));
      expect(time - Date.parse(String(fieldsOf(current!).lmp_date))).toBeLessThan(52 * week);
    }
    if (report.form === 'delivery') {
      births += 1;
      const { delivery_date } = fields.delivery_outcome as { delivery_date: string };
      expect(Date.parse(delivery_date)).toBeLessThanOrEqual(time);
      expect(Date.parse(delivery_date)).toBeGreaterThan(Number(current?.reported_date));
      for (const { baby_uuid } of fields.babies as { baby_uuid: string }[]) {
        expect(medic.get(baby_uuid)).toMatchObject({ date_of_birth: delivery_date, created_by_doc: report._id });
      }
    }
    if (report.form === 'assessment') {
      expect(age).toBeGreaterThan(0);
      expect(age).toBeLessThan(5.01);
    }
  }
  expect(births).toBeGreaterThan(due / 2);
});

test('households have three to seven members of plausible ages', () => {
  const medic = [...sampleOf({ documents: 5000 }).documents('medic').values()];
  for (const { _id, reported_date } of medic.filter(({ type }) => type === 'clinic')) {
    const members = medic.filter(
      (one) => (one.parent as Lineage | undefined)?._id === _id && one.created_by_doc === undefined,
    );
    expect(members.length).toBeGreaterThanOrEqual(3);
    expect(members.length).toBeLessThanOrEqual(7);
    const ages = members.map(({ date_of_birth }) => (Number(reported_date) - Date.parse(String(date_of_birth))) / year);
    expect(Math.max(...ages)).toBeGreaterThan(17);
    expect(Math.max(...ages)).toBeLessThan(85);
    expect(Math.min(...ages)).toBeGreaterThan(0);
  }
});

test('community health workers differ in how much they report', () => {
  const reports = new Map<string, number>();
  for (const { type, contact } of sampleOf({}).documents('medic').values()) {
    const { _id } = type === 'data_record' && contact !== '' ? (contact as Lineage) : { _id: '' };
    reports.set(_id, (reports.get(_id) ?? 0) + 1);
  }
  reports.delete('');
  const counts = [...reports.values()].sort((one, other) => one - other);
  expect(counts.length).toBeGreaterThan(10);
  expect(counts.at(-2)!).toBeGreaterThan(2 * counts[1]!);
});
