import type { SampleDocument } from './documents.js';

const titles = {
  pregnancy: 'Pregnancy registration',
  pregnancy_home_visit: 'Pregnancy home visit',
  delivery: 'Delivery',
  postnatal_visit: 'Visit after birth',
  assessment: 'Assessment of a child under five',
  home_visit: 'Household visit',
};

/**
 * The documents of the app's forms, with the form itself as an attachment.
 *
 * @param published - milliseconds since the epoch.
 */
export function formDocuments(published: number): SampleDocument[] {
  const app = Object.entries(titles).map(([name, title]) =>
    formDocument(name, title, published, {
      context: { person: name !== 'home_visit', place: name === 'home_visit', expression: 'contact.muted !== true' },
      icon: `icon-${name}`,
      ...(name === 'home_visit' ? {} : { subject_key: `report.${name}.subject` }),
    }),
  );
  return [...app, formDocument('contact:clinic:create', 'New household', published, { context: {} })];
}

function formDocument(name: string, title: string, published: number, more: object): SampleDocument {
  const id = name.replaceAll(':', '_');
  const xml = `<h:html xmlns:h="http://www.w3.org/1999/xhtml" xmlns="http://www.w3.org/2002/xforms"><h:head><h:title>${title}</h:title><model><instance><${id} id="${name}"><inputs/><meta><instanceID/></meta></${id}></instance></model></h:head><h:body/></h:html>`;
  return {
    _id: `form:${name}`,
    type: 'form',
    internalId: name,
    title: [{ locale: 'en', content: title }],
    xmlVersion: { time: published, sha256: '' },
    ...more,
    _attachments: {
      xml: { content_type: 'application/octet-stream', revpos: 1, data: Buffer.from(xml).toString('base64') },
    },
  };
}
