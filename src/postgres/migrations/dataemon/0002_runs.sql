-- Increments of one minute share a row a model: at twenty a second they would be a million rows a day. started_at is that of
-- the last, rows_affected and duration_ms are those of all together.
-- alters: dataemon_run
ALTER TABLE %schema%.dataemon_run ADD COLUMN IF NOT EXISTS runs integer NOT NULL DEFAULT 1;
