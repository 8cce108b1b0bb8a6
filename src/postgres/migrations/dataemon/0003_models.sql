-- How each model stands: one row a model of a selector (empty: all models), written when something has changed. The words
-- of the last failure stay when the model is well again.
CREATE TABLE %schema%.dataemon_model (
  selector text NOT NULL,
  model text NOT NULL,
  name text NOT NULL,
  schema_name text NOT NULL,
  relation text NOT NULL,
  materialized text NOT NULL,
  status text NOT NULL,
  -- All documents up to this saved_timestamp were there when it last ran well.
  reached timestamp,
  succeeded_at timestamptz,
  failed_at timestamptz,
  failing_since timestamptz,
  tries integer NOT NULL DEFAULT 0,
  error text,
  retry_at timestamptz,
  PRIMARY KEY (selector, model)
) WITH (fillfactor = 50);
