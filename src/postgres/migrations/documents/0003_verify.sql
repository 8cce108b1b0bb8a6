-- How the last `cht-sync verify` of each source ended: how many documents it compared, how many differed and in which way,
-- how many of those it mended, and the first of them.
CREATE TABLE IF NOT EXISTS %schema%.couchdb_verify (
  source text PRIMARY KEY,
  started_at timestamptz NOT NULL,
  ended_at timestamptz NOT NULL,
  compared bigint NOT NULL,
  missing bigint NOT NULL,
  stale bigint NOT NULL,
  extra bigint NOT NULL,
  parked bigint NOT NULL,
  purged bigint NOT NULL,
  repaired bigint NOT NULL,
  remaining bigint NOT NULL,
  differences jsonb NOT NULL
);
