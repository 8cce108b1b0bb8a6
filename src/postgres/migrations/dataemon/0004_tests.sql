-- How each dbt test of a selector (empty: all models) has last ended. The words of the last failure stay when it passes again.
CREATE TABLE %schema%.dataemon_test (
  selector text NOT NULL,
  test text NOT NULL,
  name text NOT NULL,
  status text NOT NULL,
  tested_at timestamptz NOT NULL,
  duration_ms double precision NOT NULL,
  succeeded_at timestamptz,
  failing_since timestamptz,
  error text,
  PRIMARY KEY (selector, test)
);
