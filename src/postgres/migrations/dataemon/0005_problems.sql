-- What is, or last was, wrong with the dataemon of a selector (empty: all models) as a whole: one row a kind. Of one that has
-- passed, it says when.
CREATE TABLE %schema%.dataemon_problem (
  selector text NOT NULL,
  kind text NOT NULL,
  code text NOT NULL,
  message text NOT NULL,
  remedy text,
  began_at timestamptz NOT NULL,
  ended_at timestamptz,
  PRIMARY KEY (selector, kind)
);
