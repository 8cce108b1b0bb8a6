import type pg from 'pg';

/** The channel on which writers say that documents have changed. */
export const changeChannel = 'cht_sync_change';

/** The payload of a notification, as JSON. */
export interface ChangeNotification {
  readonly schema: string;
  readonly table: string;
  readonly source: string;
  /** The greatest `saved_timestamp` of the transaction. */
  readonly saved_timestamp: string;
}

/** Tells whoever listens, at the commit, that documents have changed. A nudge: nobody may rely on hearing it. */
export async function notifyChange(client: pg.ClientBase, change: ChangeNotification): Promise<void> {
  await client.query({
    name: 'cht_sync_notify',
    text: 'SELECT pg_notify($1, $2)',
    values: [changeChannel, JSON.stringify(change)],
  });
}
