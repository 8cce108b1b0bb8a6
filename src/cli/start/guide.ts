import { exampleEdit, type FilledSource } from '../../embedded/index.js';
import type { PostgresConnection } from '../../postgres/index.js';
import type { Guide } from './view.js';

/** What there is to look at. */
export interface Surroundings {
  readonly connection: PostgresConnection;
  /** The schema of the models. */
  readonly schema: string;
  /** For `PGPASSFILE`; undefined for a PostgreSQL of the user's own. */
  readonly passwordFile: string | undefined;
  /** The embedded source with its sample, if it is followed. */
  readonly sample: { readonly url: string; readonly curlFile: string; readonly filled: FilledSource } | undefined;
  readonly metricsUrl: string | undefined;
  readonly logFile: string | undefined;
}

/** The command lines that show what the sync does; they hold no secret and work as they are printed. */
export function guideFor({ connection, schema, passwordFile, sample, metricsUrl, logFile }: Surroundings): Guide {
  const { host, port, user, database } = connection;
  const psql = ['psql', `-h ${quote(host)}`, `-p ${port}`, `-U ${quote(user)}`, quote(database)];
  const example = sample && exampleEdit(sample.filled);
  return {
    psql: passwordFile === undefined ? psql : [`PGPASSFILE=${quote(passwordFile)}`, ...psql],
    edit: sample && example && edit(sample, `${sample.url}/${example.database}/${example.id}`, example.field),
    query: example && [
      `SELECT ${example.field}, saved_timestamp FROM ${schema}.person`,
      `WHERE uuid = '${example.id}';`,
    ],
    metricsUrl,
    logFile,
  };
}

/**
 * Reads the document, gives it another telephone number, the time of day, and writes it back with the revision it has:
 * so the line may be used again and again.
 */
function edit({ curlFile }: { curlFile: string }, address: string, field: string): string[] {
  const curl = `curl -K ${quote(curlFile)}`;
  const replace = `sed "s/\\"${field}\\":\\"[^\\"]*\\"/\\"${field}\\":\\"+2547$(date +%H%M%S)\\"/"`;
  return [curl, `${address} |`, replace, '|', curl, '-X PUT -d @-', address];
}

/** A word of a shell. */
export function quote(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
