import { count, size, table } from '../start/text.js';
import type { CopyPlan, MigrationFamily, MigrationStep, ModelTables, Origin, Touched } from '../../postgres/index.js';

/** What a migration has to do, or has done, and what it leaves alone. */
export interface MigrationReport {
  readonly database: string;
  readonly schema: string;
  readonly origin: Origin;
  readonly steps: readonly (Omit<MigrationStep, 'apply'> & { readonly family: MigrationFamily })[];
  /** How far each source was read, which stays. */
  readonly checkpoints: readonly { readonly source: string; readonly sequence: string }[];
  /** What the dataemon takes over. */
  readonly models: ModelTables;
  /** What of medic/cht-couch2pg can be copied, or was; null where nothing was found or looked for. */
  readonly couch2pg: (CopyPlan & { readonly schema: string; readonly tables: readonly Touched[] }) | null;
  readonly warnings: readonly string[];
}

/** How a report is told. */
export interface ReportMode {
  /** Whether it was only asked what would be done. */
  readonly isDryRun: boolean;
  /** Whether documents of medic/cht-couch2pg were asked for. */
  readonly copies: boolean;
}

const origins: Readonly<Record<Origin, string>> = {
  nobody: 'is new',
  'cht-sync-v2': 'was filled by medic/cht-sync v2',
  'cht-sync': 'is of CHT Sync',
};
const shownSequence = 24;

/** The report for machines. */
export function migrationJson({ models, ...report }: MigrationReport, { isDryRun }: ReportMode): unknown {
  return { dryRun: isDryRun, ...report, models };
}

/** The report for people. */
export function migrationText(report: MigrationReport, mode: ReportMode): string {
  const { database, schema, origin, steps, checkpoints, warnings } = report;
  const sections = [
    [`Schema ${schema} of database ${database} ${origins[origin]}.`],
    stepLines(steps, mode),
    checkpoints.length === 0
      ? []
      : [
          'Checkpoints, which stay: nothing is read again.',
          ...table(
            checkpoints.map(({ source, sequence }) => [`  ${source}`, shortened(sequence)]),
            [],
          ),
        ],
    modelLines(report.models),
    couch2pgLines(report, mode),
    warnings.map((warning) => `Warning: ${warning}`),
  ];
  return `${sections
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')}\n`;
}

function stepLines(steps: MigrationReport['steps'], { isDryRun }: ReportMode): string[] {
  if (steps.length === 0) return ['Its tables are as this version needs them: nothing to do.'];
  return [
    isDryRun ? 'What would be done (nothing was changed):' : 'Done:',
    ...steps.flatMap((step) => [`  ${step.name}: ${step.says}`, `    ${touchedText(step)}`]),
  ];
}

function touchedText({ touches, lock }: Pick<MigrationStep, 'touches' | 'lock'>): string {
  if (touches.length === 0) return 'New tables only.';
  const tables = touches.map((one) => {
    const rows = one.rows === null ? '' : `, about ${count(one.rows)} rows`;
    return `${one.table} (${size(one.bytes)}${rows})`;
  });
  const waits = lock === 'instant' ? 'locked for an instant, nothing is rewritten' : 'nobody waits';
  return `${tables.join(', ')}: ${waits}.`;
}

function modelLines({ tables, views }: ModelTables): string[] {
  if (tables.length === 0) return [];
  const bytes = tables.reduce((sum, one) => sum + one.bytes, 0);
  const moving = views.filter(({ isMaterialized, isOurs }) => !isMaterialized && isOurs);
  const going = views.filter((view) => !moving.includes(view));
  return [
    `Models and other tables: ${count(tables.length)}, ${size(bytes)}. They stay and serve. One that the dataemon has to build anew is built`,
    `  beside the old one and put in its place at once, with its grants; for a while both need room on the disk.`,
    ...(moving.length === 0 ? [] : [`  Views that move to the new tables: ${namesOf(moving)}.`]),
    ...going.map(
      ({ name, reads, isMaterialized }) =>
        `  ${name} goes when ${reads} is built anew, as ${isMaterialized ? 'it is materialized' : 'its owner is another role'}: keep its definition.`,
    ),
  ];
}

function couch2pgLines({ couch2pg }: MigrationReport, { isDryRun, copies }: ReportMode): string[] {
  if (couch2pg === null) return [];
  const { schema, tables, parts, left } = couch2pg;
  const found = tables.map((one) => `${one.table} (${size(one.bytes)})`).join(', ');
  const verb = !copies ? 'can be copied to' : isDryRun ? 'would be copied to' : 'were copied to';
  return [
    `Schema ${schema} has tables of medic/cht-couch2pg: ${found}. They are left as they are.`,
    ...parts.map(({ table: name, source, infos }) => {
      const also = infos === undefined ? '' : `, those of type info to ${infos.source}`;
      return `  Documents of ${name} ${verb} ${source}${also}.`;
    }),
    ...left.map(({ source, why }) => `  ${source} is left out: ${why}.`),
    ...(copies || parts.length === 0
      ? []
      : [`  \`cht-sync migrate --from-couch2pg ${schema}\` copies them, so that CouchDB need not be read anew.`]),
    ...(copies && parts.length > 0
      ? ['  couch2pg compares each id and revision with CouchDB before it follows them.']
      : []),
  ];
}

function namesOf(views: ModelTables['views']): string {
  return [...new Set(views.map(({ name }) => name))].join(', ');
}

function shortened(sequence: string): string {
  return sequence.length > shownSequence ? `${sequence.slice(0, shownSequence - 1)}…` : sequence;
}
