import { dataemonPrivileges, documentsTable, packageTables, writerPrivileges } from './grants/privileges.js';

/** The tables that are no models: couch2pg's besides the documents, the dataemon's, and those the package keeps for itself. */
export const ownTables: readonly string[] = [
  ...new Set([...Object.keys(writerPrivileges), ...Object.keys(dataemonPrivileges), ...packageTables]),
].filter((name) => name !== documentsTable);
