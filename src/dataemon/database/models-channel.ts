import { z } from 'zod';
import type { Queries } from './session.js';
import type { StandingPlace } from './standings.js';

/** The channel on which dataemons tell those of other selectors that they have brought models on. */
export const modelsChannel = 'cht_sync_models';

const payloadSchema = z.object({ schema: z.string(), selector: z.string() });

/** A nudge to the dataemons of other selectors: nobody may rely on hearing it. */
export async function tellOthers(database: Queries, { schema, selector = '' }: StandingPlace): Promise<void> {
  await database.query('telling other dataemons', 'SELECT pg_notify($1, $2)', [
    modelsChannel,
    JSON.stringify({ schema, selector }),
  ]);
}

/** Whether what was heard on the channel is of another dataemon of these models. */
export function isOfAnother(payload: unknown, { schema, selector = '' }: StandingPlace): boolean {
  const parsed = payloadSchema.safeParse(payload);
  return parsed.success && parsed.data.schema === schema && parsed.data.selector !== selector;
}
