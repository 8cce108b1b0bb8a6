import { createHash } from 'node:crypto';
import { z } from 'zod';

/** Where the compiled SQL of the model stands in `apply`; cht_pipeline's `compiled_placeholder`. */
const placeholder = '/* the compiled model */';

/**
 * An increment of a model as two statements that are the same each time; `pipeline/macros/plan.sql` makes them, and says
 * what they answer.
 */
export const planOfModel = z
  .object({
    /** What stands for the model in the table of watermarks. */
    key: z.string(),
    /** The same of the models it is built from, the farthest first. */
    ancestors: z.array(z.string()),
    /** The table of watermarks, quoted. */
    watermarks: z.string(),
    /** The table of models that must look at everything again, quoted. */
    restarts: z.string(),
    /** The same of the model without whose changes there are none here. */
    feed: z.string().nullable(),
    /** Which rows of that matter: those whose column has, or had, one of these values. Null: all. */
    where: z.object({ column: z.string(), values: z.array(z.string().nullable()) }).nullish(),
    open: z.string(),
    apply: z.string().includes(placeholder),
    compiled: z.string(),
  })
  .transform(({ compiled, apply, ...plan }) => ({
    ...plan,
    open: named(plan.open),
    // A replacement string would have `$&` mean something.
    apply: named(apply.replace(placeholder, () => compiled)),
  }));

export type Plan = z.infer<typeof planOfModel>;

/** A statement under a name by which a session keeps it prepared; PostgreSQL then plans it once. */
function named(text: string): { readonly name: string; readonly text: string } {
  return { name: `cht_sync_${createHash('sha256').update(text).digest('hex').slice(0, 32)}`, text };
}
