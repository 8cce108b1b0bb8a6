import { macrosBelow } from './fingerprint.js';
import type { Manifest, ManifestModel } from './manifest.js';

/** The hooks of a model that keeps up as those of cht_pipeline do; its plan has what they do. */
const knownHooks = ['{{ cht_pipeline.open_increment() }}', '{{ cht_pipeline.close_increment() }}'];

/** What a project may do before and after all models: the plans need no more of it, and the dataemon records its runs itself. */
const knownOperations =
  /^\s*\{\{\s*((cht_pipeline|cht_pipeline_base)\.)?(create_watermark_table\(\)|log_dbt_results\(results\))\s*\}\}\s*$/;

/** A template that asks Python for the date says another thing each day, and no two compilations of today would show it. */
const mayAskForTheDate = /\brun_started_at\b|\bmodules\b(?!\.(re|itertools)\b)/;

/**
 * Whether an increment of a model may be carried out by a plan of its package, if compiling it asks the database nothing:
 * its materialization and its hooks are those that the plan stands for, and nothing else runs with them.
 */
export function isPlannable(manifest: Manifest, model: ManifestModel): boolean {
  const { materialized, incremental_strategy: strategy, hooks } = model.config;
  const keepsUp = materialized === 'incremental' && strategy === 'upsert';
  if ('sql_header' in model.unrendered_config) return false;
  if (!keepsUp || JSON.stringify(hooks) !== JSON.stringify(knownHooks)) return false;
  if (!manifest.operations.every((operation) => knownOperations.test(operation))) return false;
  const texts = [model.raw_code, ...macrosBelow(manifest, model.depends_on.macros).values()];
  return !texts.some((text) => mayAskForTheDate.test(text));
}
