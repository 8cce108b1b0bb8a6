-- What a person asks of a running source, by `cht-sync pause`, `resume` and `resync`, and what CouchDB has said of it.
-- alters: couchdb_progress
CREATE TABLE IF NOT EXISTS %schema%.couchdb_control (
  source text PRIMARY KEY,
  paused boolean NOT NULL DEFAULT false,
  resync boolean NOT NULL DEFAULT false,
  changed_at timestamptz NOT NULL DEFAULT now()
);

-- What CouchDB said of the database when it was last looked at, to notice when it is not what it was.
ALTER TABLE %schema%.couchdb_progress ADD COLUMN IF NOT EXISTS update_seq text;
ALTER TABLE %schema%.couchdb_progress ADD COLUMN IF NOT EXISTS purge_seq text;
ALTER TABLE %schema%.couchdb_progress ADD COLUMN IF NOT EXISTS doc_count bigint;
ALTER TABLE %schema%.couchdb_progress ADD COLUMN IF NOT EXISTS doc_del_count bigint;
-- The ids and revisions written last, as JSON `[[id, rev], ...]`: CouchDB must know them still.
ALTER TABLE %schema%.couchdb_progress ADD COLUMN IF NOT EXISTS recent text;
-- The regression that is being mended; NULL when there is none.
ALTER TABLE %schema%.couchdb_progress ADD COLUMN IF NOT EXISTS regression text;
-- medic/cht-sync v2 may have lost documents: what it has read is compared with CouchDB once. No process of ours has reported it.
UPDATE %schema%.couchdb_progress SET regression = 'taken-over' WHERE seq IS NOT NULL AND state IS NULL;
