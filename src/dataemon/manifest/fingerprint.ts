import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { Manifest, ManifestModel } from './manifest.js';

/** What a model was made of, each part as a hash; the table must be made anew when one of them changes. */
export const fingerprintSchema = z.object({
  sql: z.string(),
  config: z.string(),
  contract: z.string(),
  /** The macros it calls, and those they call, besides dbt's own. */
  macros: z.string(),
  /** The names of what it reads, and the text of ephemeral models among them. */
  inputs: z.string(),
});

export type Fingerprint = z.infer<typeof fingerprintSchema>;
export type FingerprintPart = keyof Fingerprint;

/** Settings that say nothing about a table's rows, columns, indexes or keys. */
const withoutEffect = new Set(['tags', 'meta', 'docs', 'group', 'access', 'description', 'persist_docs', 'enabled']);

/** dbt brings its own macros with each version; that they change is no reason to rebuild. */
const internalMacro = /^macro\.(dbt|dbt_postgres)\./;
/** Those of the project that is run only hand calls on to the macros of packages. */
const handingOn = 'macro.cht_sync.';

/** The fingerprint of a model of a manifest. */
export function fingerprintOf(manifest: Manifest, model: ManifestModel): Fingerprint {
  return {
    sql: hash(model.resource_type === 'seed' ? (model.checksum?.checksum ?? '') : model.raw_code),
    config: hash([
      model.config.materialized,
      ...Object.entries(model.unrendered_config).filter(([name]) => !withoutEffect.has(name)),
    ]),
    contract: hash(contractOf(model)),
    macros: hash([...macrosBelow(manifest, model.depends_on.macros)]),
    inputs: hash(model.depends_on.nodes.map((id) => inputOf(manifest, id))),
  };
}

/** The parts in which two fingerprints differ. */
export function differences(before: Fingerprint, after: Fingerprint): FingerprintPart[] {
  return fingerprintSchema.keyof().options.filter((part) => before[part] !== after[part]);
}

function contractOf(model: ManifestModel): unknown {
  if (model.contract?.enforced !== true) return null;
  const columns = Object.entries(model.columns ?? {});
  return [columns.map(([name, column]) => [name, column.data_type, column.constraints]), model.constraints];
}

/** The text of the macros given and of those they call, by id, besides dbt's own and those that only hand on. */
export function macrosBelow(manifest: Manifest, ids: readonly string[]): ReadonlyMap<string, string> {
  const below = new Map<string, string>();
  const open = [...ids];
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    const macro = manifest.macros.get(id);
    if (macro === undefined || internalMacro.test(id) || below.has(id)) continue;
    below.set(id, macro.macro_sql);
    open.push(...macro.depends_on.macros);
  }
  return new Map([...below].filter(([id]) => !id.startsWith(handingOn)));
}

function inputOf(manifest: Manifest, id: string): unknown {
  const node = manifest.nodes.get(id);
  if (node?.config.materialized === 'ephemeral') return [id, fingerprintOf(manifest, node)];
  const source = manifest.sources.get(id);
  return source === undefined ? [id] : [id, source.schema, source.identifier];
}

/** A hash that does not depend on the order of an object's keys or of the entries of the outermost array. */
function hash(value: unknown): string {
  const text = Array.isArray(value)
    ? value
        .map((entry) => canonical(entry))
        .sort()
        .join('\n')
    : canonical(value);
  return createHash('sha256').update(text).digest('hex').slice(0, 32);
}

function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}
