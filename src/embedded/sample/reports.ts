import type { Area } from './area.js';
import { ageOf, geolocation, lineageOf, type Contact, type Person } from './contacts.js';
import type { SampleDocument } from './documents.js';

/**
 * The forms of the app. All have `fields.patient_id`, `patient_uuid`, `patient_name`, `patient_age_in_years`,
 * `patient_sex` and `patient_date_of_birth`, but `home_visit`, which has `place_id`, `place_uuid` and `place_name`.
 */
export type FormName =
  'pregnancy' | 'pregnancy_home_visit' | 'delivery' | 'postnatal_visit' | 'assessment' | 'home_visit';

/** What a report is made from. */
export interface ReportTraits {
  readonly form: FormName;
  /** Milliseconds since the epoch. */
  readonly reported: number;
  /** Whom it is about; a household where it is no person. */
  readonly about: Person | Contact;
  /** The questions' answers, in their groups. */
  readonly fields: Readonly<Record<string, unknown>>;
  /** Whether a task asked for it. */
  readonly task?: boolean;
  readonly id?: string;
}

/** A report sent by the app: a `data_record` of content type `xml`. */
export function report(area: Area, traits: ReportTraits): SampleDocument {
  const { random } = area;
  const { form, reported, fields } = traits;
  const where = random.chance(0.3) ? geolocation(random, area.centre) : undefined;
  return {
    _id: traits.id ?? random.uuid(),
    type: 'data_record',
    form,
    content_type: 'xml',
    reported_date: reported,
    contact: lineageOf(area.chw.document),
    from: area.chwPhone,
    hidden_fields: ['inputs', 'meta'],
    fields: {
      inputs: {
        meta: { location: { lat: '', long: '', error: '', message: '' } },
        source: traits.task === true ? 'task' : 'contact',
        source_id: traits.task === true ? `task~${form}` : '',
        contact: inputs(traits.about),
      },
      ...subject(area, traits.about, reported),
      ...fields,
      meta: { instanceID: `uuid:${random.uuid()}` },
    },
    ...(where === undefined
      ? {}
      : { geolocation: where, geolocation_log: [{ timestamp: reported, recording: where }] }),
  };
}

function isPerson(about: Person | Contact): about is Person {
  return 'document' in about;
}

function inputs(about: Person | Contact): object {
  const { _id, name } = isPerson(about) ? about.document : about;
  return isPerson(about) ? { _id, name, patient_id: about.document.patient_id, sex: about.sex } : { _id, name };
}

/** Whom a report is about: forms of the field name a patient by the short id, its document's id, or both. */
function subject(area: Area, about: Person | Contact, reported: number): object {
  if (!isPerson(about)) return { place_id: about.place_id, place_uuid: about._id, place_name: about.name };
  const { _id, name, patient_id, date_of_birth } = about.document;
  return {
    ...(area.random.chance(0.97) ? { patient_id } : {}),
    patient_uuid: _id,
    patient_name: name,
    patient_age_in_years: Math.max(0, Math.floor(ageOf(about, reported))),
    patient_sex: about.sex,
    patient_date_of_birth: date_of_birth,
  };
}
