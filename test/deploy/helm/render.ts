import { readdirSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseAllDocuments } from 'yaml';
import { run, type Outcome } from '../tools/run.js';

/** The folder of the chart. */
export const chartFolder = fileURLToPath(new URL('../../../deploy/helm/cht-sync', import.meta.url));
/** The alert rules that the chart has a copy of. */
export const alertsFile = fileURLToPath(new URL('../../../deploy/monitoring/alerts.yml', import.meta.url));
const valuesFolder = fileURLToPath(new URL('values', import.meta.url));

/** The values that the chart is tried with, by name. */
export const cases = readdirSync(valuesFolder).map((file) => basename(file, '.yaml'));

/** Where the values of a case are. */
export const valuesOf = (name: string) => `${valuesFolder}/${name}.yaml`;

/** Where what the chart makes of a case is kept; chart.test.ts holds the two together. */
export const goldenFile = (name: string) => fileURLToPath(new URL(`golden/${name}.yaml`, import.meta.url));

/** What the chart makes of a case. */
export const golden = (name: string) => readFileSync(goldenFile(name), 'utf8');

/** An object of Kubernetes. */
export interface KubernetesObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly annotations?: Readonly<Record<string, string>> };
  readonly [field: string]: unknown;
}

/** `helm template` with the values of files and of single settings (`--set`). */
export async function template(
  helm: string,
  values: readonly string[],
  settings: readonly string[] = [],
): Promise<Outcome> {
  const files = values.flatMap((file) => ['--values', file]);
  const singles = settings.flatMap((setting) => ['--set', setting]);
  return run(helm, ['template', 'cht-sync', chartFolder, '--namespace', 'analytics', ...files, ...singles]);
}

/**
 * The objects of an output of `helm template`.
 *
 * @throws Error when a document is no YAML, or a key stands twice in it.
 */
export function objectsOf(rendered: string): KubernetesObject[] {
  return parseAllDocuments(rendered, { uniqueKeys: true }).map((document) => {
    if (document.errors.length > 0) throw new Error(document.errors.map(({ message }) => message).join('\n'));
    return document.toJS() as KubernetesObject;
  });
}
