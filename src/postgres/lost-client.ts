import type pg from 'pg';

/**
 * Has PostgreSQL notice within half a minute when this client has gone without a word, as after a power cut; left alone it
 * would take two hours, and the locks of the session would stay in the way of others for as long.
 * https://www.postgresql.org/docs/current/runtime-config-connection.html#RUNTIME-CONFIG-TCP-SETTINGS
 */
export async function noticeLostClient(client: pg.ClientBase): Promise<void> {
  await client.query(`
    SET tcp_keepalives_idle = 10;
    SET tcp_keepalives_interval = 5;
    SET tcp_keepalives_count = 4;
    SET tcp_user_timeout = '30s'`);
}
