import { macrosBelow } from './fingerprint.js';
import { keepsUp, knownHooks } from './keeps-up.js';
import type { Manifest, ManifestModel } from './manifest.js';

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
  if ('sql_header' in model.unrendered_config) return false;
  // A plan has what these hooks do, and nothing of others.
  if (!keepsUp(model) || model.config.hooks.join() !== knownHooks.join()) return false;
  if (!manifest.operations.every((operation) => knownOperations.test(operation))) return false;
  const texts = [model.raw_code, ...macrosBelow(manifest, model.depends_on.macros).values()];
  return !texts.some((text) => mayAskForTheDate.test(text));
}
