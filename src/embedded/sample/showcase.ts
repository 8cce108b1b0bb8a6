import type { Area } from './area.js';
import { awkwardDocuments } from './awkward.js';
import { day, isoTime } from './calendar.js';
import { lineageOf, person, place } from './contacts.js';
import { medic, type Entry, type Unit } from './documents.js';
import { feedback } from './feedback.js';
import { deleted, edited } from './history.js';
import { homeVisit } from './home-visit.js';
import { report } from './reports.js';
import { telemetry } from './telemetry.js';

/** One of each kind, in the first area of every sample however small. */
export function* showcase(area: Area): Generator<Unit> {
  yield configuredContacts(area);
  yield awkwardDocuments(area);
  yield histories(area);
  yield appUse(area);
}

/** A school and a volunteer: contacts of types that the settings define. */
function configuredContacts(area: Area): Unit {
  const { random, region, deployment } = area;
  const reported = Math.floor(deployment.now - 500 * day);
  const id = random.uuid();
  const school = place(area, id, {
    type: 'c60_school',
    name: `${random.pick(region.villages)} Primary School`,
    reported,
    parent: lineageOf(area.place),
  });
  const volunteer = person(area, {
    sex: 'female',
    born: reported - 11_000 * day,
    reported,
    parent: lineageOf(school),
    role: 'volunteer',
    family: random.pick(region.family),
    phone: true,
  });
  return [medic(school), medic(volunteer.document)];
}

/** Documents with a past: deleted, deleted and made again, of another type or form than before, in conflict. */
function histories(area: Area): Unit {
  const { random, region, deployment } = area;
  const reported = Math.floor(deployment.now - 90 * day);
  const visit = (): Entry => medic({ ...homeVisit(area, area.place, [], reported, false) });
  const someone = (): Entry =>
    medic(
      person(area, {
        sex: 'male',
        born: reported - 9_000 * day,
        reported,
        parent: lineageOf(area.place),
        role: 'patient',
        family: random.pick(region.family),
        phone: true,
      }).document,
    );

  const recreated = deleted(someone(), false);
  const again = { ...recreated.document, notes: 'Deleted by mistake, registered again' };
  const retyped = someone();
  const contested = someone();
  const reform = report(area, { form: 'home_visit', reported, about: area.place, fields: { note: 'wrong form' } });
  return [
    deleted(visit(), true),
    deleted(visit(), false),
    { ...recreated, later: [...(recreated.later ?? []), again] },
    edited(retyped, { type: 'contact', contact_type: 'c82_person' }),
    edited(medic(reform), { form: 'household_survey', fields: { note: 'right form', place_id: area.place.place_id } }),
    {
      ...edited(contested, { name: `${String(contested.document.name)} (supervisor)` }),
      conflict: { ...contested.document, name: `${String(contested.document.name)} (phone)`, phone: '' },
    },
    edited(edited(visit(), { verified: false }), { verified: true }),
  ];
}

/** Telemetry and feedback as it is and as it has been: with blank and missing parts, and of an old version. */
function appUse(area: Area): Unit {
  const { user, random, deployment } = area;
  const recent = deployment.now - 3 * day;
  const meta = (name: string, body: object): Entry => ({
    database: 'medic-users-meta',
    document: { _id: `telemetry-${name}-${user.name}-${user.deviceId}`, type: 'telemetry', ...body },
  });
  return [
    telemetry(area, recent),
    meta('blank', {
      metadata: { year: '', month: '', day: '', user: '', versions: { app: '' } },
      metrics: { boot_time: { min: '', max: '', count: '' } },
      dbInfo: { doc_count: '' },
      device: {
        userAgent: '',
        deviceInfo: { hardware: { manufacturer: '', model: '' }, storage: { free: '', total: '' } },
      },
    }),
    meta('null', {
      metadata: { year: 2024, month: 5, day: 2, user: user.name, versions: null },
      metrics: null,
      dbInfo: null,
      device: { deviceInfo: null },
    }),
    // Before 3.8.0 months were counted from 0 and there was no day.
    meta('2019-0', {
      metadata: { year: 2019, month: 0, user: user.name, deviceId: user.deviceId, versions: { app: '3.7.1' } },
      metrics: { boot_time: { sum: 8211, min: 8211, max: 8211, count: 1, sumsqr: 67_420_521 } },
      dbInfo: { doc_count: 812 },
      device: { userAgent: 'Mozilla/5.0 (Linux; Android 7.0)' },
    }),
    feedback(area, recent, false),
    feedback(area, recent - day, true),
    {
      database: 'medic-sentinel',
      document: { _id: 'transitions-seq', value: `0-${random.hex(8)}`, migrated: isoTime(recent) },
    },
  ];
}
