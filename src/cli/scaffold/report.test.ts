import { expect, test } from 'vitest';
import { scaffoldJson, scaffoldText, type ScaffoldReport } from './report.js';

const models = {
  forms: [{ form: 'x', name: 'form_x', columns: [], leftOut: 0, repeats: [] }],
  contacts: [],
  known: { forms: {}, contacts: {} },
  gone: { forms: ['old\u001b[2J'], contacts: [] },
};

/** A report of these files; of those beside which a `.new` is. */
function report(files: ScaffoldReport['plan']['files'], more: Partial<ScaffoldReport> = {}, beside: string[] = []) {
  const folder = { lock: { package: 'mine' }, has: (path: string) => beside.includes(path) };
  const plan = { models, files, lock: {} };
  return { plan, folder, isNew: false, into: 'mine', dryRun: false, ...more } as unknown as ScaffoldReport;
}

const changed = {
  path: 'a.sql',
  outcome: { kind: 'changed', lines: ['1', 'new', '3', ''] },
  present: ['1', '2', '3', ''],
} as const;

test('what changes is shown as a unified difference, in colours where they are wanted', () => {
  const plain = scaffoldText(report([changed], { dryRun: true }), { colours: false });
  expect(plain).toBe(
    `a.sql: changed
@@ -1,3 +1,3 @@
 1
-2
+new
 3

No report of the form "old\\u001b[2J" was found any more; its model stays.
1 form with 0 repeats, 0 types of contacts: 1 file would be written to mine.
`,
  );
  expect(scaffoldText(report([changed]), { colours: true })).toContain('\u001b[32m+new\u001b[0m');
});

test('a collision is named with the file beside, then and later', () => {
  const conflict = { ...changed, outcome: { kind: 'conflict', lines: ['x'] } } as const;
  expect(scaffoldText(report([conflict]), { colours: false })).toContain('collide in a.sql');
  const same = { ...changed, outcome: { kind: 'same' } } as const;
  const later = scaffoldText(report([same], {}, ['a.sql.new']), { colours: false });
  expect(later).toContain('a.sql.new is still there');
  expect(later).toContain('nothing to do in mine');
});

test('a new package is a list of files', () => {
  const created = { path: 'a.sql', outcome: { kind: 'new', lines: ['x'] }, present: undefined } as const;
  const text = scaffoldText(report([created], { isNew: true }), { colours: false });
  expect(text).toContain('new  a.sql\n');
  expect(text).not.toContain('@@');
});

test('the result in JSON has models, files and what is gone', () => {
  expect(scaffoldJson(report([changed]))).toMatchObject({
    package: 'mine',
    models: [{ name: 'form_x', form: 'x', columns: 0 }],
    files: [{ path: 'a.sql', outcome: 'changed', diff: ['@@ -1,3 +1,3 @@', ' 1', '-2', '+new', ' 3'] }],
    gone: { forms: ['old\u001b[2J'] },
  });
});
