import type { OptionValues } from './options.js';

/** A CouchDB server as it is configured, with the databases to follow. */
export interface ServerConfig {
  /** The first part of the names of its sources, where it is not the host. */
  readonly name: string | undefined;
  readonly host: string;
  readonly port: number;
  readonly secure: boolean;
  readonly user: string | undefined;
  readonly password: string | undefined;
  readonly databases: readonly string[];
  readonly caFile: string | undefined;
  readonly certFile: string | undefined;
  readonly keyFile: string | undefined;
  readonly feed: OptionValues['couchdbFeed'];
  readonly readers: number;
}

/** The one server that the COUCHDB_* options name; none when COUCHDB_HOST is not set. */
export function serverOfOptions(options: OptionValues): ServerConfig[] {
  if (options.couchdbHost === undefined) return [];
  return [
    {
      name: undefined,
      host: options.couchdbHost,
      port: options.couchdbPort,
      secure: options.couchdbSecure,
      user: options.couchdbUser,
      password: options.couchdbPassword,
      databases: options.couchdbDbs,
      caFile: options.couchdbCaFile,
      certFile: options.couchdbCertFile,
      keyFile: options.couchdbKeyFile,
      feed: options.couchdbFeed,
      readers: options.couchdbReaders,
    },
  ];
}
