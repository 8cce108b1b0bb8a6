import { day } from './calendar.js';
import type { Deployment } from './deployment.js';
import { medic, type Entry, type SampleDocument } from './documents.js';
import { formDocuments } from './forms.js';

/** The documents that configure a deployment: they come first, and there is one set of them. */
export function configuration(deployment: Deployment): Entry[] {
  const documents = [
    settings,
    design,
    {
      _id: 'resources',
      type: 'resources',
      resources: { 'icon-person': 'person.png', 'icon-place': 'place.png' },
      ...icon,
    },
    { _id: 'branding', type: 'branding', title: 'Community Health Sample', resources: { logo: 'logo.png' }, ...icon },
    ...translations,
    ...formDocuments(deployment.now - 800 * day),
  ];
  return documents.map((document) => medic(document));
}

/** The smallest PNG: one transparent pixel. */
const icon = {
  _attachments: {
    'logo.png': {
      content_type: 'image/png',
      revpos: 1,
      data: 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==',
    },
  },
};

const placeType = (id: string, parents: readonly string[], more: object = {}): object => ({
  id,
  name_key: `contact.type.${id}`,
  group_key: `contact.type.${id}.plural`,
  create_key: `contact.type.${id}.new`,
  edit_key: `contact.type.${id}.edit`,
  primary_contact_key: `${id}.field.contact`,
  icon: `icon-${id}`,
  create_form: `form:contact:${id}:create`,
  edit_form: `form:contact:${id}:edit`,
  ...(parents.length === 0 ? {} : { parents }),
  ...more,
});

const settings: SampleDocument = {
  _id: 'settings',
  settings: {
    locale: 'en',
    locale_outgoing: 'en',
    locales: ['en', 'fr', 'sw', 'ne'].map((code) => ({ code, name: code })),
    languages: ['en', 'fr', 'sw', 'ne'].map((locale) => ({ locale, enabled: true })),
    contact_types: [
      placeType('district_hospital', []),
      placeType('health_center', ['district_hospital']),
      placeType('clinic', ['health_center']),
      placeType('c60_school', ['health_center'], { count_visits: false }),
      placeType('person', ['district_hospital', 'health_center', 'clinic'], { person: true }),
      placeType('c82_person', ['health_center', 'c60_school'], { person: true }),
    ],
    place_hierarchy_types: ['district_hospital', 'health_center', 'clinic', 'c60_school'],
    roles: {
      chw: { name: 'usertype.chw', offline: true },
      chw_supervisor: { name: 'usertype.chw_supervisor', offline: true },
    },
    permissions: { can_edit: ['chw', 'chw_supervisor'], can_view_reports: ['chw', 'chw_supervisor'] },
    forms: {
      V: {
        meta: { code: 'V', label: { en: 'Visit in pregnancy' } },
        fields: {
          patient_id: { labels: { short: { en: 'Patient' } }, type: 'string', position: 0, required: true },
          weeks_since_lmp: { labels: { short: { en: 'Weeks' } }, type: 'integer', position: 1 },
        },
        public_form: false,
      },
    },
    transitions: { update_clinics: true, muting: true, registration: true },
    muting: { mute_forms: ['home_visit'], unmute_forms: [] },
    schedules: [],
    gateway_number: '+254700000000',
  },
};

const design: SampleDocument = {
  _id: '_design/medic',
  version: '4.18.1',
  language: 'javascript',
  views: {
    reports_by_form: { map: "function (doc) { if (doc.type === 'data_record') emit(doc.form); }", reduce: '_count' },
  },
};

const translation = (code: string, name: string, generic: Readonly<Record<string, string>>): SampleDocument => ({
  _id: `messages-${code}`,
  type: 'translations',
  code,
  name,
  enabled: true,
  generic,
  custom: {},
  rtl: false,
});

const translations = [
  translation('en', 'English', {
    'contact.type.clinic': 'Household',
    'contact.type.c60_school': 'School',
    'report.pregnancy.danger_signs': 'Danger signs: "{{signs}}"',
  }),
  translation('fr', 'Français (French)', {
    'contact.type.clinic': 'Ménage',
    'contact.type.c60_school': 'École',
    'report.pregnancy.danger_signs': 'Signes de danger : « {{signs}} »',
  }),
];
