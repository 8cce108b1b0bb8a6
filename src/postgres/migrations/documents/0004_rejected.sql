-- Parked documents have ids that text cannot hold.
-- alters: couchdb_rejected

-- An _id with characters that text cannot hold is shown in _id with U+FFFD for each; what it is, and that it is another
-- than a document of that very name, stands in id_json: the _id as JSON, escaped. NULL for all others.
ALTER TABLE %schema%.couchdb_rejected ADD COLUMN IF NOT EXISTS id_json text;
-- The revision that the table of documents held when this one was refused, and still holds: NULL for none.
ALTER TABLE %schema%.couchdb_rejected ADD COLUMN IF NOT EXISTS replaces_rev text;
-- The size of the document, of which doc may hold the beginning only.
ALTER TABLE %schema%.couchdb_rejected ADD COLUMN IF NOT EXISTS doc_bytes bigint;

-- 33 characters cannot be the hash of an _id.
ALTER TABLE %schema%.couchdb_rejected DROP CONSTRAINT couchdb_rejected_pkey;
ALTER TABLE %schema%.couchdb_rejected DROP COLUMN id_md5;
ALTER TABLE %schema%.couchdb_rejected ADD COLUMN id_md5 text NOT NULL
  GENERATED ALWAYS AS (coalesce('j' || md5(id_json), md5(_id))) STORED;
ALTER TABLE %schema%.couchdb_rejected ADD PRIMARY KEY (source, id_md5);
