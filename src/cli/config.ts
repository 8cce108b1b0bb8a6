import { configFileSchema, describeProblem, loadConfig, type Reading, type Setting } from '../config/index.js';
import { addFlags, flagValues } from './flags.js';
import type { AddCommand } from './program.js';
import { exitCodes } from './surroundings.js';

/** `cht-sync config`: every option, its value and where it came from. */
export const addConfigCommand: AddCommand = (program, { env, folder, stdout }, exit) => {
  const command = program
    .command('config')
    .description('show every option, its value and where it came from; exit code 2 when one is wrong')
    .option('--json', 'print JSON')
    .option('--schema', 'print the JSON Schema of a configuration file instead');
  addFlags(command);
  command.action(({ json, schema }: { json?: boolean; schema?: boolean }) => {
    if (schema === true) {
      stdout.write(`${JSON.stringify(configFileSchema(), undefined, 2)}\n`);
      return;
    }
    const reading = loadConfig({ folder, env, flags: flagValues(command) });
    stdout.write(json === true ? `${JSON.stringify(configJson(reading), undefined, 2)}\n` : configText(reading));
    exit(reading.problems.length > 0 ? exitCodes.configInvalid : exitCodes.ok);
  });
};

function configJson({ settings, serverSettings, problems, warnings }: Reading): unknown {
  return {
    options: settings.map(({ env, shown, origin }) => ({ name: env, value: shown ?? null, origin })),
    servers: serverSettings.map(({ path, shown, origin }) => ({ name: path, value: shown, origin })),
    problems,
    warnings,
  };
}

/** The table and, under it, what is wrong. */
export function configText({ settings, serverSettings, problems, warnings }: Reading): string {
  const wrong = new Set(problems.map(({ option }) => option));
  const cells = [
    ...settings.map((setting) => [setting.env, shownValue(setting), originOf(setting, wrong)] as const),
    ...serverSettings.map(({ path, shown, origin }) => [path, shown, mark(path, origin, wrong)] as const),
  ];
  const widths = [0, 1].map((column) => Math.max(...cells.map((row) => Math.min(row[column]?.length ?? 0, 60))));
  const lines = cells.map(([name, value, origin]) =>
    `${name.padEnd(widths[0] ?? 0)}  ${value.padEnd(widths[1] ?? 0)}  ${origin}`.trimEnd(),
  );
  if (problems.length > 0) lines.push('', 'Wrong:', ...problems.map((problem) => `  ${describeProblem(problem)}`));
  if (warnings.length > 0) lines.push('', 'Warnings:', ...warnings.map((warning) => `  ${describeProblem(warning)}`));
  return `${lines.join('\n')}\n`;
}

function shownValue({ shown, unset }: Setting): string {
  return shown ?? `(${unset ?? 'not set'})`;
}

function originOf({ env, shown, origin }: Setting, wrong: ReadonlySet<string>): string {
  return mark(env, shown === undefined ? '' : origin, wrong);
}

function mark(option: string, origin: string, wrong: ReadonlySet<string>): string {
  return wrong.has(option) ? `${origin}  <- wrong`.trimStart() : origin;
}
