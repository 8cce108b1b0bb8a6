-- Columns for the revision of a document, its last body and the state of a source, and the tables that couch2pg keeps
-- beside. All statements also hold on the tables that medic/cht-sync v2 has made and filled: columns are added, nothing is
-- renamed, rewritten or dropped.
-- alters: %table%, couchdb_progress
CREATE TABLE IF NOT EXISTS %schema%.%table% (
  saved_timestamp timestamp,
  _id text PRIMARY KEY,
  _deleted boolean,
  source text,
  doc jsonb
);

ALTER TABLE %schema%.%table% ADD COLUMN IF NOT EXISTS _rev text;
ALTER TABLE %schema%.%table% ADD COLUMN IF NOT EXISTS last_doc jsonb;

-- v2 has `_id varchar`. A distributed PostgreSQL joins it with the models' `uuid text` only when both are text. The change
-- touches the catalogue only; it is left out where a view of the user's stands on the column.
DO $$
BEGIN
  IF (SELECT atttypid <> 'text'::regtype FROM pg_attribute
      WHERE attrelid = '%schema%.%table%'::regclass AND attname = '_id') THEN
    ALTER TABLE %schema%.%table% ALTER COLUMN _id TYPE text;
  END IF;
EXCEPTION WHEN feature_not_supported THEN
  RAISE NOTICE 'column _id stays varchar: a view depends on it';
END $$;

-- The index that every reader of changes needs; v2 has it already.
DO $$
BEGIN
  IF NOT EXISTS (
    SELECT FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
    WHERE i.indrelid = '%schema%.%table%'::regclass AND i.indisvalid AND a.attname = 'saved_timestamp'
  ) THEN
    CREATE INDEX ON %schema%.%table% (saved_timestamp);
  END IF;
END $$;

-- Documents whose _id another source already holds, and the key they have in the table instead.
CREATE TABLE IF NOT EXISTS %schema%.couchdb_alias (
  source text NOT NULL,
  _id text NOT NULL,
  key text NOT NULL UNIQUE,
  PRIMARY KEY (source, _id)
);

-- One row: the greatest saved_timestamp given so far. Its row lock is what puts the writers in the order of their commits.
CREATE TABLE IF NOT EXISTS %schema%.couchdb_watermark (
  one boolean PRIMARY KEY DEFAULT true CHECK (one),
  saved_timestamp timestamp NOT NULL
);
INSERT INTO %schema%.couchdb_watermark (saved_timestamp)
SELECT coalesce(max(saved_timestamp), 'epoch') FROM %schema%.%table%
ON CONFLICT (one) DO UPDATE SET saved_timestamp = greatest(couchdb_watermark.saved_timestamp, excluded.saved_timestamp);

-- Documents that PostgreSQL cannot hold, as they came. One reason to be here is an _id too long for an index.
CREATE TABLE IF NOT EXISTS %schema%.couchdb_rejected (
  source text NOT NULL,
  _id text NOT NULL,
  _rev text,
  _deleted boolean NOT NULL,
  doc text NOT NULL,
  error_code text NOT NULL,
  error text NOT NULL,
  rejected_at timestamptz NOT NULL DEFAULT now(),
  id_md5 text NOT NULL GENERATED ALWAYS AS (md5(_id)) STORED,
  PRIMARY KEY (source, id_md5)
);

-- One row a source: its checkpoint, and what a reader may want to know of its state.
CREATE TABLE IF NOT EXISTS %schema%.couchdb_progress (
  seq varchar,
  pending integer,
  updated_at timestamptz DEFAULT now(),
  source varchar PRIMARY KEY
);
ALTER TABLE %schema%.couchdb_progress ADD COLUMN IF NOT EXISTS state text;
ALTER TABLE %schema%.couchdb_progress ADD COLUMN IF NOT EXISTS error_code text;
ALTER TABLE %schema%.couchdb_progress ADD COLUMN IF NOT EXISTS error text;
ALTER TABLE %schema%.couchdb_progress ADD COLUMN IF NOT EXISTS instance_start_time text;
ALTER TABLE %schema%.couchdb_progress ADD COLUMN IF NOT EXISTS saved_timestamp timestamp;
