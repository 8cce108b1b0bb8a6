import type pg from 'pg';

/** A number as Superset shows it. */
type Shown = (value: number) => string;

const whole: Shown = (value) => Math.round(value).toLocaleString('en-US');
const percent: Shown = (value) => `${Math.round(value * 100)}%`;
const decimals =
  (digits: number): Shown =>
  (value) =>
    value.toFixed(digits);

/** The statements for the numbers of a dashboard, by the names of their charts. */
type Numbers = Readonly<Record<string, readonly [sql: string, shown: Shown]>>;

/**
 * The documents of the demonstration, read by what is known of it (its types, roles and forms), and not by any model: each with
 * the names of the district and of the health worker that it belongs to.
 */
const tables = `
  CREATE SCHEMA truth;
  SET LOCAL search_path = truth;
  CREATE TABLE live AS SELECT _id AS id, doc, doc->>'type' AS type, doc->'parent'->>'_id' AS parent FROM v1.couchdb WHERE NOT _deleted;
  CREATE INDEX ON live (id);
  CREATE TABLE area AS
    SELECT live.id, district.doc->>'name' AS district, chw.doc->>'name' AS chw, chw.id AS chw_id
    FROM live
    JOIN live AS district ON district.id = live.parent
    JOIN live AS chw ON chw.id = live.doc->'contact'->>'_id'
    WHERE live.type = 'health_center';
  CREATE TABLE household AS
    SELECT live.id, doc->>'place_id' AS place_id, to_timestamp((doc->>'reported_date')::numeric / 1000) AS registered, district, chw
    FROM live JOIN area ON area.id = live.parent
    WHERE type = 'clinic' AND coalesce(doc->>'muted', '') = '';
  CREATE TABLE person AS
    SELECT live.id, household.id AS household, (doc->>'date_of_birth')::date AS born, district, chw
    FROM live JOIN household ON household.id = live.parent
    WHERE type = 'person';
  -- What reports call people: the key, or the short id.
  CREATE TABLE called AS
    SELECT id, id AS name FROM live WHERE type = 'person'
    UNION SELECT id, doc->>'patient_id' FROM live WHERE type = 'person' AND doc->>'patient_id' <> '';
  CREATE TABLE report AS
    SELECT
      doc->>'form' AS form, called.id AS patient, coalesce(doc->>'place_id', doc->'fields'->>'place_id') AS place,
      CASE WHEN jsonb_typeof(doc->'reported_date') = 'number' AND (doc->>'reported_date')::numeric < 1e13
        THEN to_timestamp((doc->>'reported_date')::numeric / 1000) END AS reported,
      doc->'contact'->>'_id' AS sender, area.district, area.chw
    FROM live
    LEFT JOIN called ON called.name = coalesce(doc->>'patient_id', doc->'fields'->>'patient_id', doc->'fields'->>'patient_uuid')
    LEFT JOIN area ON area.id = doc->'contact'->'parent'->>'_id'
    WHERE type = 'data_record';
  CREATE TABLE last_visit AS
    SELECT household.id, household.registered, household.district, household.chw, max(seen.reported) AS at
    FROM household
    LEFT JOIN (
      SELECT person.household, reported FROM report JOIN person ON person.id = report.patient
      UNION ALL SELECT household.id, reported FROM report JOIN household ON household.place_id = report.place
    ) AS seen ON seen.household = household.id
    GROUP BY 1, 2, 3, 4;
  CREATE TABLE telemetry AS
    SELECT doc->'metadata'->>'user' AS name, doc->'metrics' AS metrics,
      make_date((doc->'metadata'->>'year')::int, (doc->'metadata'->>'month')::int, (doc->'metadata'->>'day')::int) AS at
    FROM live
    -- The others of the sample are malformed, or of 2019.
    WHERE type = 'telemetry' AND doc->'metadata'->>'day' <> '';`;

const of = `($1::text IS NULL OR $1 IN (district, chw))`;
const since = (period: string) => `reported >= current_date - interval '${period}' AND reported < current_date + 1`;
const visits = `FROM truth.report WHERE form IN ('home_visit', 'pregnancy_home_visit', 'postnatal_visit', 'V') AND ${of}`;
const workers = `SELECT count(*) FROM truth.area WHERE ${of}`;
const active = `SELECT count(*) FROM truth.area WHERE ${of} AND chw_id IN (
  SELECT sender FROM truth.report WHERE reported BETWEEN now() - interval '30 days' AND now())`;
const households = `SELECT count(*) FROM truth.household WHERE ${of}`;
const overdue = `SELECT count(*) FROM truth.last_visit WHERE coalesce(at, registered) < now() - interval '60 days' AND ${of}`;
const measured = (metric: string, member: string) =>
  `(SELECT sum((metrics->'${metric}'->>'${member}')::float8) FROM truth.telemetry WHERE at >= current_date - interval '1 year')`;

const programme: Numbers = {
  'Health workers': [workers, whole],
  'Active health workers': [active, whole],
  Households: [households, whole],
  People: [`SELECT count(*) FROM truth.person WHERE ${of}`, whole],
  'Children under five': [
    `SELECT count(*) FROM truth.person WHERE born > current_date - interval '5 years' AND ${of}`,
    whole,
  ],
  'Current pregnancies': [
    `SELECT count(DISTINCT patient) FROM truth.report AS pregnancy
     WHERE form = 'pregnancy' AND reported > now() - interval '280 days' AND ${of} AND NOT EXISTS (
       SELECT FROM truth.report AS delivery
       WHERE delivery.form = 'delivery' AND delivery.patient = pregnancy.patient AND delivery.reported >= pregnancy.reported)`,
    whole,
  ],
  Deliveries: [`SELECT count(*) FROM truth.report WHERE form = 'delivery' AND ${since('1 year')} AND ${of}`, whole],
  Visits: [`SELECT count(*) ${visits} AND ${since('1 year')}`, whole],
};

const supervision: Numbers = {
  'Health workers': [workers, whole],
  Active: [`(${active})::float8 / (${workers})`, percent],
  Reports: [`SELECT count(*) FROM truth.report WHERE ${since('3 months')} AND ${of}`, whole],
  Visits: [`SELECT count(*) ${visits} AND ${since('3 months')}`, whole],
  Overdue: [overdue, whole],
  'Overdue share': [`(${overdue})::float8 / (${households})`, percent],
};

const appUsage: Numbers = {
  Users: [`SELECT count(DISTINCT name) FROM truth.telemetry WHERE at >= current_date - interval '1 year'`, whole],
  Apdex: [
    `(${measured('apdex:satisfied', 'count')} + ${measured('apdex:tolerable', 'count')} / 2) / (${measured('apdex:satisfied', 'count')}
      + ${measured('apdex:tolerable', 'count')} + ${measured('apdex:frustrated', 'count')})`,
    decimals(2),
  ],
  'Start-up': [`${measured('boot_time', 'sum')} / ${measured('boot_time', 'count')} / 1000`, decimals(1)],
  Search: [`${measured('search:contacts', 'sum')} / ${measured('search:contacts', 'count')} / 1000`, decimals(2)],
  Errors: [
    `SELECT count(*) FROM truth.live
     WHERE type = 'feedback' AND (doc->'meta'->>'time')::timestamptz >= current_date - interval '1 year'`,
    whole,
  ],
  // Two dates of reports, and nothing else, in the sample's awkward documents.
  'Malformed values': ['2', whole],
};

const syncHealth: Numbers = {
  'Changes to come': ['0', whole],
  'Seconds behind': ['0', whole],
  'Models that fail': ['0', whole],
  'Failed runs': ['0', whole],
  Rejected: ['SELECT count(*) FROM v1.couchdb_rejected', whole],
  Documents: ['SELECT count(*) FROM truth.live', whole],
};

const dashboards = { programme, supervision, appUsage, syncHealth } as const;

/** Reads the documents of the demonstration. */
export async function readTruth(pool: pg.Pool): Promise<void> {
  await pool.query(tables);
}

/** What the big numbers of a dashboard must show: of everything, or of the district or the health worker of a name. */
export async function truth(
  pool: pg.Pool,
  dashboard: keyof typeof dashboards,
  name?: string,
): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const [chart, [sql, shown]] of Object.entries(dashboards[dashboard])) {
    const parameters = sql.includes('$1') ? [name ?? null] : [];
    const { rows } = await pool.query<{ value: number }>(`SELECT (${sql})::float8 AS value`, parameters);
    found[chart] = shown(rows[0]!.value);
  }
  return found;
}
