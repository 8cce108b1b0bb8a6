-- The manifests that were built, and what each run of a model came to.
-- alters: _dataemon

-- Each manifest whose models were built with success. medic/cht-sync v2 has the same table.
CREATE TABLE IF NOT EXISTS %schema%._dataemon (
  inserted_on timestamp DEFAULT (clock_timestamp() AT TIME ZONE 'UTC'),
  packages jsonb,
  manifest jsonb,
  dbt_selector text
);
ALTER TABLE %schema%._dataemon ADD COLUMN IF NOT EXISTS dbt_selector text;

-- One row a model a run.
CREATE TABLE IF NOT EXISTS %schema%.dataemon_run (
  run_id uuid NOT NULL,
  selector text,
  model text NOT NULL,
  name text NOT NULL,
  kind text NOT NULL,
  status text NOT NULL,
  rows_affected bigint,
  started_at timestamptz NOT NULL,
  duration_ms double precision NOT NULL,
  error text,
  PRIMARY KEY (run_id, model)
);
CREATE INDEX IF NOT EXISTS dataemon_run_started_at ON %schema%.dataemon_run (started_at);
