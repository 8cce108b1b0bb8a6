import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { needed, orSkip } from '../../support/needed.js';
import { kubeconform } from '../tools/kubeconform.js';
import { kubernetesSchemas, schemaName } from '../tools/kubernetes-schemas.js';
import { operatorTypes, problemsOfOperatorObjects, type OperatorObject } from '../tools/operator-types.js';
import { run } from '../tools/run.js';
import { alertsFile, cases, golden, objectsOf } from './render.js';

const ofOperator = 'monitoring.coreos.com/v1';

const tools = await needed('kubeconform and the schemas of Kubernetes (by Go)', async () => ({
  command: await kubeconform(),
  folder: await kubernetesSchemas(),
}));

describe.skipIf(tools.missing)('Kubernetes', () => {
  const check = async (input: string) => {
    const { command, folder } = tools.value!;
    const kinds = ['PodMonitor', 'PrometheusRule', 'ServiceMonitor'].map((kind) => `${ofOperator}/${kind}`).join(',');
    const args = ['-strict', '-output', 'json', '-schema-location', `${folder}/${schemaName}`, '-skip', kinds];
    const { stdout } = await run(command, args, { input });
    return (JSON.parse(stdout) as { resources: unknown[] }).resources;
  };

  test('would take what the chart makes', async () => {
    expect(await check(cases.map(golden).join('\n---\n'))).toEqual([]);
  });

  test('would not take a field that there is not, of another type, or missing', async () => {
    const output = golden('minimal');
    const broken = [
      output.replace('progressDeadlineSeconds', 'progressDeadlineSecond'),
      output.replace('replicas: 1', 'replicas: one'),
      output.replace(/selector:\n\s+matchLabels:\n.*\n/, ''),
    ];
    const found = await check(broken.join('\n---\n'));
    expect(found).toHaveLength(broken.length);
    expect(found).toEqual(
      broken.map(() => expect.objectContaining({ kind: 'Deployment', status: 'statusInvalid' }) as unknown),
    );
  });
});

test('the Prometheus operator would take what the chart makes for it, and no misspelt field', async ({ skip }) => {
  const ofIt = objectsOf(golden('everything')).filter(({ apiVersion }) => apiVersion === ofOperator);
  expect(ofIt.map(({ kind }) => kind).toSorted()).toEqual(['PodMonitor', 'ServiceMonitor']);
  const rule = { kind: 'PrometheusRule', spec: parse(await readFile(alertsFile, 'utf8')) as unknown };
  const misspelt = { kind: 'PodMonitor', spec: { selector: {}, podMetricsEndpoints: [{ intervall: '5s' }] } };
  const types = orSkip(await needed('The types of the Prometheus operator (from npm)', operatorTypes), skip);
  const problems = problemsOfOperatorObjects(types, [...(ofIt as unknown as OperatorObject[]), rule, misspelt]);
  expect(problems).toEqual([expect.stringContaining('intervall')]);
});
