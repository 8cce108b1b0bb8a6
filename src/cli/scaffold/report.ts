import { besideSuffix, unifiedDiff, type PlannedFile, type Scaffolded } from '../../scaffold/index.js';

/** What is told of a run of `cht-sync scaffold`. */
export interface ScaffoldReport extends Scaffolded {
  /** The folder as it was given. */
  readonly into: string;
  readonly dryRun: boolean;
}

const colour = { red: '\u001b[31m', green: '\u001b[32m', cyan: '\u001b[36m', bold: '\u001b[1m', off: '\u001b[0m' };

/** The result for machines. */
export function scaffoldJson({ plan, into, dryRun, folder }: ScaffoldReport): unknown {
  const { models, files } = plan;
  return {
    folder: into,
    package: folder.lock.package,
    dryRun,
    models: [
      ...models.forms.flatMap(({ form, name, columns, repeats }) => [
        { name, form, columns: columns.length },
        ...repeats.map((repeat) => ({
          name: repeat.name,
          form,
          repeat: repeat.arrays.map((path) => path.join('.')).join('[].'),
          columns: repeat.columns.length,
        })),
      ]),
      ...models.contacts.map(({ type, name, columns }) => ({ name, contactType: type, columns: columns.length })),
    ],
    files: files
      .filter(({ outcome }) => outcome.kind !== 'same')
      .map((file) => ({ path: file.path, outcome: file.outcome.kind, diff: diffOf(file) })),
    unresolved: unresolved(folder, plan.files),
    gone: models.gone,
  };
}

/** The result for people. */
export function scaffoldText(report: ScaffoldReport, { colours }: { readonly colours: boolean }): string {
  const { plan, isNew, into, dryRun, folder } = report;
  const changed = plan.files.filter(({ outcome }) => 'lines' in outcome);
  const lines = isNew
    ? changed.map(({ path }) => `new  ${path}`)
    : changed.flatMap((file) => [headOf(file), ...coloured(diffOf(file), colours), '']);
  for (const { path, outcome } of plan.files) {
    if (outcome.kind === 'removed') lines.push(`${path} was removed by you, and stays away.`);
  }
  for (const path of unresolved(folder, plan.files)) {
    lines.push(`${path} is still there: take from it what you want, and remove it.`);
  }
  for (const form of plan.models.gone.forms) lines.push(`No report of the form ${printable(form)} was found any more; its model stays.`); // prettier-ignore
  for (const type of plan.models.gone.contacts) lines.push(`No contact of the type ${printable(type)} was found any more; its model stays.`); // prettier-ignore
  return `${[...lines, summary(report, changed, into, dryRun)].join('\n')}\n`;
}

function summary(
  { plan: { models } }: ScaffoldReport,
  changed: readonly PlannedFile[],
  into: string,
  dryRun: boolean,
): string {
  const repeats = models.forms.reduce((sum, form) => sum + form.repeats.length, 0);
  const found = `${counted(models.forms.length, 'form')} with ${counted(repeats, 'repeat')}, ${models.contacts.length} types of contacts`;
  if (changed.length === 0) return `${found}: nothing to do in ${into}.`;
  const files = counted(changed.length, 'file');
  if (dryRun) return `${found}: ${files} would be written to ${into}.`;
  const conflicts = changed.filter(({ outcome }) => outcome.kind === 'conflict');
  const told =
    conflicts.length === 0
      ? ''
      : `\nYour edits and the new version collide in ${conflicts.map(({ path }) => path).join(', ')}: the new version is beside each as *${besideSuffix}.`;
  return `${found}: ${files} written to ${into}.${told}\nThe dataemon builds it when DBT_LOCAL_PATH names that folder.`;
}

function headOf({ path, outcome }: PlannedFile): string {
  const words = {
    new: 'new',
    changed: 'changed',
    merged: 'merged with your edits',
    conflict: `collides with your edits: ${path}${besideSuffix}`,
    ...{ same: 'the same', removed: 'removed' },
  };
  return `${path}: ${words[outcome.kind]}`;
}

/** What changes in a file; of a collision, what the new version changes of what is there. */
function diffOf({ outcome, present }: PlannedFile): string[] {
  return 'lines' in outcome ? unifiedDiff(present ?? [], outcome.lines) : [];
}

function coloured(diff: readonly string[], colours: boolean): string[] {
  const colourOf = (line: string) =>
    line.startsWith('@') ? colour.cyan : line.startsWith('+') ? colour.green : line.startsWith('-') ? colour.red : '';
  return colours ? diff.map((line) => (colourOf(line) === '' ? line : `${colourOf(line)}${line}${colour.off}`)) : [...diff]; // prettier-ignore
}

function unresolved(folder: Scaffolded['folder'], files: readonly PlannedFile[]): string[] {
  return files
    .filter(({ path, outcome }) => outcome.kind !== 'conflict' && folder.has(`${path}${besideSuffix}`))
    .map(({ path }) => `${path}${besideSuffix}`);
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}

/** A form may be called anything, also what a terminal would obey. */
function printable(name: string): string {
  return /^[\w .:-]+$/.test(name) ? name : JSON.stringify(name);
}
