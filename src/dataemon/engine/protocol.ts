import { z } from 'zod';
import { planOfModel } from './plan.js';
import { manifestSchema } from '../manifest/manifest.js';
import type { NodeResult } from './engine.js';

/** A line of dbt/worker.py: the answer to a request, its failure, or an event that comes before either. */
export const messageSchema = z.union([
  z.object({ id: z.number(), event: z.enum(['started', 'built', 'finished']), node: z.string() }),
  z.object({ id: z.number(), error: z.string(), memory: z.number().nullish() }),
  z.object({ id: z.number(), result: z.unknown(), memory: z.number().nullish() }),
]);

/** The answer to `deps`. */
export const depsSchema = z.object({
  packages: z.array(z.object({ folder: z.string(), selectors: z.array(z.string()) })),
});

/** The answer to `load`. */
export const loadSchema = manifestSchema.extend({ selected: z.array(z.string()) });

const succeeded = new Set(['success', 'pass', 'warn', 'no-op']);

const nodeSchema = z
  .object({
    unique_id: z.string(),
    name: z.string(),
    status: z.string(),
    message: z.string().nullish(),
    compiled_path: z.string().nullish(),
    rows_affected: z.number().nullish(),
    execution_time: z.number(),
    started_at: z.string().nullish(),
  })
  .transform((node): NodeResult => {
    const status = succeeded.has(node.status) ? 'ok' : node.status === 'skipped' ? 'skipped' : 'failed';
    return {
      id: node.unique_id,
      name: node.name,
      status,
      // For statements that have no count the server's driver gives -1.
      rowsAffected: typeof node.rows_affected === 'number' && node.rows_affected >= 0 ? node.rows_affected : null,
      startedAt: typeof node.started_at === 'string' ? new Date(`${node.started_at.replace(' ', 'T')}Z`) : null,
      durationMs: node.execution_time * 1000,
      error: status === 'failed' ? wordsOf(node) : null,
    };
  });

/** Of a test that found something wrong, dbt does not tell by itself where its SQL is. */
function wordsOf(node: {
  readonly status: string;
  readonly message?: string | null | undefined;
  readonly compiled_path?: string | null | undefined;
}): string {
  const words = node.message ?? `dbt says: ${node.status}`;
  const isTold = node.status !== 'fail' || typeof node.compiled_path !== 'string';
  return isTold ? words : `${words}\n  compiled code at ${node.compiled_path}`;
}

/** The answer to `run` and `test`. */
export const runSchema = z.object({ nodes: z.array(nodeSchema) });

/** The answer to `plan`: the plans of those models that have one, by id. */
export const planSchema = z.object({ plans: z.record(z.string(), planOfModel) });
