import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { createMetrics, metricGroups } from '../../src/monitoring/index.js';
import { findPromtool, promtoolWhere } from '../deploy/tools/promtool.js';
import { run } from '../deploy/tools/run.js';
import { needed, orSkip } from '../support/needed.js';
import { selectorsOf, type Selector } from './support/expressions.js';

const folder = fileURLToPath(new URL('../../deploy/monitoring/', import.meta.url));
const read = (name: string) => readFile(`${folder}${name}`, 'utf8');

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}
interface RuleTests {
  readonly tests: readonly {
    readonly alert_rule_test?: readonly { readonly alertname: string; readonly exp_alerts: readonly unknown[] }[];
  }[];
}
interface Dashboard {
  readonly templating: { readonly list: readonly { readonly name: string; readonly definition?: string }[] };
  readonly panels: readonly { readonly targets?: readonly { readonly expr: string }[] }[];
}

async function rules(): Promise<Rule[]> {
  const { groups } = parse(await read('alerts.yml')) as { groups: { rules: Rule[] }[] };
  return groups.flatMap(({ rules: all }) => all);
}

async function dashboard(): Promise<Dashboard> {
  return JSON.parse(await read('grafana/cht-sync.json')) as Dashboard;
}

/** The labels of each series that a process shows, by name; those that Prometheus adds are with all. */
async function exported(): Promise<Map<string, Set<string>>> {
  const scraped = ['job', 'instance', 'pod'];
  const labels = new Map<string, Set<string>>([['up', new Set(scraped)]]);
  const add = (name: string, names: readonly string[]) => labels.set(name, new Set([...scraped, ...names]));
  for (const { name, kind, labelNames } of metricGroups.flatMap(({ metrics }) => metrics)) {
    if (kind !== 'histogram') add(name, labelNames);
    else for (const suffix of ['bucket', 'sum', 'count']) add(`${name}_${suffix}`, [...labelNames, 'le']);
  }
  // Those of the library are known by what it shows.
  const samplers = { stored: () => Promise.resolve(undefined) };
  const text = await createMetrics('3.0.0', samplers).render();
  for (const [, name = ''] of text.matchAll(/^((?:process|nodejs)_\w+)/gm)) add(name, []);
  return labels;
}

function unknownIn(selectors: readonly Selector[], known: ReadonlyMap<string, ReadonlySet<string>>): string[] {
  return selectors.flatMap(({ name, labels }) => {
    const of = known.get(name);
    if (of === undefined) return [name];
    return labels.filter((label) => !of.has(label)).map((label) => `${name}{${label}}`);
  });
}

test('metrics and labels are found in an expression, whatever stands around them', () => {
  const expression = `max without (instance, pod) (max_over_time(a_b{x="on (y)", z=~"c|d"}[3m])) == 1
    unless on (x) rate(e:f[$__rate_interval] offset 5m) > 2 * 1e3 and ignoring (k) group_left (l) g`;
  expect(selectorsOf(expression)).toEqual([
    { name: 'a_b', labels: ['x', 'z'] },
    { name: 'e:f', labels: [] },
    { name: 'g', labels: [] },
  ]);
});

describe('the alert rules', () => {
  test('name only metrics and labels that are shown', async () => {
    const all = await rules();
    expect(all.length).toBeGreaterThan(10);
    const known = await exported();
    expect(all.flatMap(({ expr }) => unknownIn(selectorsOf(expr), known))).toEqual([]);
  });

  test('say how bad it is, what it is and what to do', async () => {
    for (const { alert, labels, annotations } of await rules()) {
      expect(['info', 'warning', 'critical'], alert).toContain(labels.severity);
      expect(Object.keys(annotations), alert).toEqual(['summary', 'description']);
    }
  });

  test('are each tried: that they fire, and that they do not', async () => {
    const { tests } = parse(await read('alerts.test.yml')) as RuleTests;
    const tried = tests.flatMap(({ alert_rule_test: cases = [] }) => cases);
    for (const { alert } of await rules()) {
      const of = tried
        .filter(({ alertname }) => alertname === alert)
        .map(({ exp_alerts: expected }) => expected.length);
      expect(of, alert).toEqual(expect.arrayContaining([0, 1]));
    }
  });

  test('and the scrape configuration stand before Prometheus itself', async ({ skip }) => {
    const promtool = orSkip(await needed(promtoolWhere, findPromtool), skip);
    const check = async (...args: string[]) => {
      const { exitCode, stdout, stderr } = await run(promtool, args, { cwd: folder });
      expect(exitCode, `${stdout}${stderr}`).toBe(0);
    };
    await check('test', 'rules', 'alerts.test.yml');
    await check('check', 'config', 'prometheus.yml');
    await check('check', 'config', 'cht-watchdog.yml');
  });
});

describe('the dashboard', () => {
  test('reads only metrics and labels that are shown', async () => {
    const { panels, templating } = await dashboard();
    const expressions = panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr));
    expect(expressions.length).toBeGreaterThan(20);
    const known = await exported();
    expect(expressions.flatMap((expr) => unknownIn(selectorsOf(expr), known))).toEqual([]);
    const values = templating.list.flatMap(({ definition = '' }) => {
      const [, selector = '', label = ''] = /^label_values\((.+), (\w+)\)$/.exec(definition) ?? [];
      return selectorsOf(selector).map(({ name, labels }) => ({ name, labels: [...labels, label] }));
    });
    expect(values.length).toBe(3);
    expect(unknownIn(values, known)).toEqual([]);
  });

  test('uses no variable but its own', async () => {
    const { panels, templating } = await dashboard();
    const own = templating.list.map(({ name }) => name);
    expect(own).toEqual(['datasource', 'target', 'source', 'model']);
    const used = [...JSON.stringify(panels).matchAll(/\$\{?(\w+)/g)].map(([, name]) => name);
    expect(new Set(used)).toEqual(new Set([...own, '__rate_interval']));
  });

  test('shows each metric of our own, so that nobody has to look for one', async () => {
    const { panels } = await dashboard();
    const shown = new Set(
      panels
        .flatMap(({ targets = [] }) => targets.flatMap(({ expr }) => selectorsOf(expr)))
        .map(({ name }) => name.replace(/_(bucket|count|sum)$/, '')),
    );
    const left = metricGroups
      .flatMap(({ metrics }) => metrics.map(({ name }) => name))
      .filter((name) => name.startsWith('cht_sync_') && !shown.has(name));
    expect(left).toEqual([]);
  });
});
