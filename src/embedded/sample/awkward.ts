import type { Area } from './area.js';
import { day } from './calendar.js';
import { lineageOf } from './contacts.js';
import { medic, type Entry, type SampleDocument } from './documents.js';

/** Bytes of text in the one document that is large. */
const largeText = 200_000;

/**
 * What real databases hold besides what was meant: each of these has stopped a sync, a dashboard or a migration somewhere.
 * Their ids begin with `awkward-`, so that whoever looks at the sample finds them.
 */
export function awkwardDocuments(area: Area): Entry[] {
  const time = Math.floor(area.deployment.now - 40 * day);
  const written = (name: string, fields: Readonly<Record<string, unknown>>, more: object = {}): SampleDocument => ({
    _id: `awkward-${name}`,
    type: 'data_record',
    form: 'home_visit',
    content_type: 'xml',
    reported_date: time,
    contact: lineageOf(area.chw.document),
    from: area.chwPhone,
    fields: { place_id: area.place.place_id, ...fields },
    ...more,
  });
  const documents: SampleDocument[] = [
    written('reported-date-text', { note: 'a date where a number belongs' }, { reported_date: '2023-02-30T25:61:00Z' }),
    written('reported-date-empty', { note: '' }, { reported_date: '' }),
    written('reported-date-beyond', { note: 'nanoseconds instead of milliseconds' }, { reported_date: 2 ** 60 }),
    written('reported-date-missing', { note: 'none' }, { reported_date: undefined }),
    written('nul', { note: 'before\u0000after', 'key\u0000with': 'nul', list: ['\u0000'] }),
    written('backslash', { path: 'C:\\u0000x', also: '\\\\u0000', escaped: '\\', tab: 'a\tb\u0001\u001f' }),
    written('emoji', { note: 'well 👩🏾‍🍼🎉', household: 'ማርያም', 'clé-é': 'ß' }),
    written('right-to-left', { note: 'زيارة منزلية ‏(123)‎ שלום' }),
    written('numbers', { large: 2 ** 60, negative: -(2 ** 55), tiny: 5e-324, huge: 1.797e308, exact: 0.1 }),
    written('large', { note: 'All work and no rest. '.repeat(largeText / 22) }),
    written('deep', { group: nested(60) }),
    written('contact-odd', { note: 'no contact but a text' }, { contact: '', fields: null, from: null }),
    {
      _id: 'awkward-empty-strings',
      type: 'person',
      name: '',
      phone: '',
      sex: '',
      date_of_birth: '',
      muted: '',
      notes: '',
      parent: lineageOf(area.place),
      reported_date: time,
    },
    {
      ...written('attachment', { photo: 'photo.txt' }),
      _attachments: {
        'photo.txt': {
          content_type: 'text/plain',
          revpos: 1,
          data: Buffer.from('a small photograph').toString('base64'),
        },
      },
    },
    { _id: 'awkward-no-type', value: 42, list: [1, 'two', null, { three: 3 }] },
    { _id: 'awkward-type-number', type: 7 },
    { _id: 'awkward id with spaces/and?signs=ü"\'', type: 'note', text: 'an id that must be quoted' },
  ];
  return documents.map((document) => medic(document));
}

function nested(depth: number): object {
  return depth === 0 ? { value: 'the end' } : { group: nested(depth - 1) };
}
