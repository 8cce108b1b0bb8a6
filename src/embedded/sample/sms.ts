import type { Area } from './area.js';
import { isoTime, hour } from './calendar.js';
import { lineageOf, type Person } from './contacts.js';
import type { SampleDocument } from './documents.js';

/** What a report by SMS is made from. */
export interface SmsTraits {
  /** Milliseconds since the epoch. */
  readonly reported: number;
  readonly patient: Person;
  /** Weeks since the last menstrual period. */
  readonly weeks: number;
}

/** A visit in pregnancy reported by SMS with form `V`, and the answer that goes back. */
export function smsVisit(area: Area, { reported, patient, weeks }: SmsTraits): SampleDocument {
  const { random } = area;
  const { patient_id, name } = patient.document;
  const from = area.chwPhone;
  const state = random.chance(0.9) ? 'delivered' : random.pick(['failed', 'sent', 'pending']);
  return {
    _id: random.uuid(),
    type: 'data_record',
    form: 'V',
    from,
    reported_date: reported,
    patient_id,
    sms_message: {
      id: random.integer(1, 0xffff_ffff),
      type: 'sms_message',
      from,
      message: `V ${patient_id} ${weeks}`,
      form: 'V',
      locale: area.region.language,
      sent_timestamp: reported - random.integer(1_000, hour),
    },
    fields: { patient_id, weeks_since_lmp: weeks },
    contact: lineageOf(area.chw.document),
    errors: [],
    tasks: [
      {
        messages: [
          { uuid: random.uuid(), to: from, message: `Thank you. The visit of ${name} in week ${weeks} is recorded.` },
        ],
        state,
        state_history: [
          { state: 'pending', timestamp: isoTime(reported) },
          ...(state === 'pending' ? [] : [{ state, timestamp: isoTime(reported + 40_000) }]),
        ],
      },
    ],
    scheduled_tasks: [],
  };
}
