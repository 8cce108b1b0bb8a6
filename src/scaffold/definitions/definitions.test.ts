import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { formDocument } from './form-document.js';
import { readXForms } from './read-xforms.js';
import { smsForms } from './sms-form.js';
import { readXForm } from './xform.js';

const xform = `<?xml version="1.0"?>
<h:html xmlns="http://www.w3.org/2002/xforms" xmlns:h="http://www.w3.org/1999/xhtml" xmlns:jr="http://openrosa.org/javarosa">
  <h:head>
    <h:title>Child &amp; mother</h:title>
    <model>
      <itext>
        <translation lang="fr"><text id="/child/seen:label"><value>Vu le</value></text></translation>
        <translation lang="en"><text id="/child/seen:label"><value>**Seen on**</value></text></translation>
      </itext>
      <instance>
        <child id="child">
          <inputs><meta><location/></meta></inputs>
          <seen/>
          <vitals><weight/><breaths/><bmi/></vitals>
          <sick/>
          <signs/>
          <colour/>
          <hint/>
          <sibling jr:template=""><name/><age/></sibling>
          <sibling><name/><age/></sibling>
          <meta><instanceID/></meta>
        </child>
      </instance>
      <instance id="colours"><root><item><name>red</name></item><item><name>blue</name></item></root></instance>
      <bind nodeset="/child/seen" type="date"/>
      <bind nodeset="/child/vitals/weight" type="decimal"/>
      <bind nodeset="/child/vitals/breaths" type="int"/>
      <bind nodeset="/child/vitals/bmi" type="string" calculate="1 + 1"/>
      <bind nodeset="/child/sick" type="select1"/>
      <bind nodeset="/child/signs" type="select"/>
      <bind nodeset="/child/colour" type="select1"/>
      <bind nodeset="/child/hint" type="string" readonly="true()"/>
      <bind nodeset="/child/sibling/age" type="int"/>
    </model>
  </h:head>
  <h:body>
    <input ref="/child/seen"><label ref="jr:itext('/child/seen:label')"/></input>
    <group ref="/child/vitals">
      <input ref="/child/vitals/weight"><label>Weight <output value="/child/seen"/> in kg</label></input>
      <input ref="/child/vitals/breaths"/>
    </group>
    <select1 ref="/child/sick"><item><value>yes</value></item><item><value>no</value></item></select1>
    <select ref="/child/signs"><item><value>fever</value></item><item><value>cough</value></item></select>
    <select1 ref="/child/colour"><itemset nodeset="instance('colours')/root/item[a = 1]"><value ref="name"/></itemset></select1>
    <input ref="/child/hint"><label>Wash your hands</label></input>
    <group ref="/child/sibling"><repeat nodeset="/child/sibling">
      <input ref="/child/sibling/name"><label>Name</label></input><input ref="/child/sibling/age"/>
    </repeat></group>
  </h:body>
</h:html>`;

test('an XForm gives fields in their order, with types, labels in English, choices, and repeats', () => {
  expect(readXForm(xform)).toEqual({
    title: 'Child & mother',
    fields: [
      { path: ['seen'], kind: 'date', label: 'Seen on' },
      { path: ['vitals', 'weight'], kind: 'number', label: 'Weight in kg' },
      { path: ['vitals', 'breaths'], kind: 'integer' },
      // What is computed may be anything.
      { path: ['vitals', 'bmi'] },
      { path: ['sick'], kind: 'boolean', choices: { values: ['yes', 'no'], multiple: false } },
      { path: ['signs'], kind: 'text', choices: { values: ['fever', 'cough'], multiple: true } },
      { path: ['colour'], kind: 'text', choices: { values: ['red', 'blue'], multiple: false } },
      { path: ['hint'], kind: 'text', label: 'Wash your hands', isNote: true },
    ],
    repeats: [
      {
        path: ['sibling'],
        fields: [
          { path: ['name'], kind: 'text', label: 'Name' },
          { path: ['age'], kind: 'integer' },
        ],
        repeats: [],
      },
    ],
  });
});

test.each(['', '<a', '<a/>', 'text'])('%j is no XForm', (text) => {
  expect(() => readXForm(text)).toThrow();
});

test('a form document tells the title, and the definition where its attachment is there', () => {
  const title = [
    { locale: 'fr', content: 'Enfant' },
    { locale: 'en', content: 'Child' },
  ];
  const stub = { internalId: 'child', title, _attachments: { xml: { stub: true } } };
  expect(formDocument(stub)).toEqual({ form: 'child', definition: { title: 'Child', fields: [], repeats: [] } });
  const whole = { ...stub, _attachments: { xml: { data: Buffer.from(xform).toString('base64') } } };
  expect(formDocument(whole)?.definition.fields).toHaveLength(8);
  const broken = { ...stub, _attachments: { xml: { data: 'AAAA' } } };
  expect(formDocument(broken)?.definition.fields).toEqual([]);
  expect(formDocument({ _id: 'form:x' })).toBeUndefined();
});

test('forms of messages are read from the settings, whatever is wrong in them', () => {
  const forms = {
    V: {
      meta: { label: { en: 'Visit' } },
      fields: {
        weeks: { type: 'integer', position: 1, labels: { short: 'Weeks' } },
        'person.id': { type: 'string', position: 0 },
        odd: null,
      },
    },
    W: 'nothing',
  };
  expect([...smsForms(forms)]).toEqual([
    [
      'V',
      {
        title: 'Visit',
        fields: [{ path: ['person', 'id'] }, { path: ['odd'] }, { path: ['weeks'], kind: 'integer', label: 'Weeks' }],
        repeats: [],
      },
    ],
    ['W', { fields: [], repeats: [] }],
  ]);
  expect(smsForms(undefined).size).toBe(0);
});

test('the XForms of a folder are named by their files; one that cannot be read is named', () => {
  const folder = mkdtempSync(join(tmpdir(), 'cht-sync-xforms-'));
  try {
    expect(() => readXForms(folder)).toThrow(/There is no form in/);
    writeFileSync(join(folder, 'child_health.xml'), xform);
    writeFileSync(join(folder, 'child_health.properties.json'), '{}');
    expect([...readXForms(folder).keys()]).toEqual(['child_health']);
    writeFileSync(join(folder, 'broken.xml'), '<a>');
    expect(() => readXForms(folder)).toThrow(/broken\.xml cannot be read/);
    expect(() => readXForms(join(folder, 'nowhere'))).toThrow(/nowhere cannot be read/);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
