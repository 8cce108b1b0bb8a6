import { z } from 'zod';

/** What becomes a relation of the database. */
const model = z.object({
  resource_type: z.enum(['model', 'snapshot', 'seed']),
  name: z.string(),
  fqn: z.array(z.string()),
  schema: z.string(),
  alias: z.string(),
  raw_code: z.string(),
  config: z.object({
    materialized: z.string(),
    incremental_strategy: z.string().nullish(),
    /** The SQL of its hooks, those before it first; our own name for them. */
    hooks: z.array(z.string()).default([]),
  }),
  unrendered_config: z.record(z.string(), z.unknown()).default({}),
  contract: z.object({ enforced: z.boolean().default(false) }).nullish(),
  columns: z
    .record(z.string(), z.object({ data_type: z.string().nullish(), constraints: z.array(z.unknown()).nullish() }))
    .nullish(),
  constraints: z.array(z.unknown()).nullish(),
  /** Of the file: all that there is of a seed. */
  checksum: z.object({ checksum: z.string() }).nullish(),
  depends_on: z.object({ nodes: z.array(z.string()).default([]), macros: z.array(z.string()).default([]) }),
});

const macro = z.object({
  macro_sql: z.string(),
  depends_on: z.object({ macros: z.array(z.string()).default([]) }).default({ macros: [] }),
});

const source = z.object({ schema: z.string(), identifier: z.string() });

/**
 * What is used of dbt's manifest (schema version 12), under dbt's own names. Both the worker's summary and a whole
 * manifest.json, as medic/cht-sync v2 has stored it, are of this form.
 */
export const manifestSchema = z.object({
  /** What runs before and after all models; our own name for it. */
  operations: z.array(z.string()).default([]),
  nodes: z
    .record(z.string(), z.union([model, z.object({ resource_type: z.string() })]))
    .transform(
      (nodes) =>
        new Map(
          Object.entries(nodes).filter((entry): entry is [string, z.infer<typeof model>] => 'raw_code' in entry[1]),
        ),
    ),
  macros: z.record(z.string(), macro).transform((macros) => new Map(Object.entries(macros))),
  sources: z
    .record(z.string(), source)
    .default({})
    .transform((sources) => new Map(Object.entries(sources))),
});

export type Manifest = z.infer<typeof manifestSchema>;
export type ManifestModel = z.infer<typeof model>;
