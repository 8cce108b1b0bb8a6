import type { Problem } from './problem.js';
import type { ServerConfig } from './servers.js';

/** A server, and where it stands in the configuration file: `couchdb[1]`. */
export interface PlacedServer {
  readonly at: string;
  readonly server: ServerConfig;
}

/**
 * Finds servers whose sources would have one name, `<host>/<database>`, without port: two sources of one name would take
 * each other's checkpoint and documents.
 */
export function collisions(placed: readonly PlacedServer[], origin: string): Problem[] {
  return placed.flatMap((later, index) =>
    placed.slice(0, index).flatMap((earlier) => collision(earlier, later, origin) ?? []),
  );
}

function collision(earlier: PlacedServer, { at, server }: PlacedServer, origin: string): Problem | undefined {
  const other = earlier.server;
  if (nameOf(other) !== nameOf(server)) return undefined;
  if (addressOf(other) !== addressOf(server)) {
    const key = server.name === undefined ? 'host' : 'name';
    return {
      ...{ option: `${at}.${key}`, value: server[key] ?? '', origin },
      cause: `${earlier.at} is another server of that name, and a source is called <host>/<database> or <name>/<database>`,
      remedy: `Give ${at} a \`name\` of its own.`,
    };
  }
  const twice = server.databases.filter((database) => other.databases.includes(database));
  if (twice.length === 0) return undefined;
  return {
    ...{ option: `${at}.databases`, value: twice.join(','), origin },
    cause: `${earlier.at} has the same server and follows ${twice.length === 1 ? 'it' : 'them'} already`,
    remedy: 'Name each database of a server once.',
  };
}

const nameOf = ({ name, host }: ServerConfig) => (name ?? host).toLowerCase();
const addressOf = ({ host, port }: ServerConfig) => `${host.toLowerCase()} ${port}`;
