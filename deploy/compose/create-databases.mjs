/** Makes the databases that a CouchDB of one node needs, and those that are followed. Those that are there stay. */
/* global fetch */
import { Buffer } from 'node:buffer';

const { COUCHDB_HOST = 'couchdb', COUCHDB_PORT = '5984', COUCHDB_USER = '', COUCHDB_PASSWORD = '' } = process.env;
const followed = (process.env['COUCHDB_DBS'] || 'medic').split(/[\s,]+/).filter((name) => name !== '');
const names = new Set(['_users', '_replicator', '_global_changes', ...followed]);
const authorization = `Basic ${Buffer.from(`${COUCHDB_USER}:${COUCHDB_PASSWORD}`).toString('base64')}`;
const isThere = 412;

for (const name of names) {
  const url = `http://${COUCHDB_HOST}:${COUCHDB_PORT}/${encodeURIComponent(name)}`;
  const response = await fetch(url, { method: 'PUT', headers: { authorization } });
  if (response.ok) console.log(`made ${name}`);
  else if (response.status !== isThere) {
    console.error(`${name} could not be made: ${response.status} ${await response.text()}`);
    process.exitCode = 1;
  }
}
