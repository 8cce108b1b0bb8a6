-- How far a first load by several readers is. A row a range of ids; range 0 is the pass over the feed for tombstones, which has no
-- keys and whose done_up_to is a sequence. Ids and sequences stand as JSON, as CouchDB takes them: text cannot hold U+0000.
CREATE TABLE IF NOT EXISTS %schema%.couchdb_snapshot (
  source text NOT NULL,
  range integer NOT NULL,
  -- The range begins with start_key and ends before end_key; NULL: no bound.
  start_key text,
  end_key text,
  -- The last id that is in the table; NULL: none yet.
  done_up_to text,
  is_done boolean NOT NULL DEFAULT false,
  documents bigint NOT NULL DEFAULT 0,
  -- The same in all rows of a source: where the feed is followed from afterwards, what it is a snapshot of, and whether
  -- rows are written again whose revision is in the table already.
  since text NOT NULL,
  instance_start_time text,
  force boolean NOT NULL,
  PRIMARY KEY (source, range)
);
