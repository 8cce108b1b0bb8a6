import type pg from 'pg';

/** The number that a statement answers, as Superset shows it. */
type Shown = (value: number) => string;

const whole: Shown = (value) => Math.round(value).toLocaleString('en-US');
const percent: Shown = (value) => `${Math.round(value * 100)}%`;
const decimals =
  (digits: number): Shown =>
  (value) =>
    value.toFixed(digits);

/** A chart's number: the statement that tells it from the documents themselves, with the places or the person as $1. */
type Numbers = Readonly<Record<string, readonly [sql: string, shown: Shown]>>;

async function ask(pool: pg.Pool, numbers: Numbers, value: string | undefined): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const [chart, [sql, shown]] of Object.entries(numbers)) {
    const { rows } = await pool.query<{ value: number }>(`WITH ${documents} SELECT (${sql})::float8 AS value`, [
      value ?? null,
    ]);
    found[chart] = shown(rows[0]!.value);
  }
  return found;
}

/** The documents as the sample has them: districts, areas, households, people; each with the district and health worker. */
const documents = `
  given AS (SELECT $1::text AS name),
  live AS (SELECT _id, doc, doc->>'type' AS type FROM v1.couchdb WHERE NOT _deleted),
  area AS (
    SELECT live._id AS id, district.doc->>'name' AS district, chw.doc->>'name' AS chw
    FROM live
    JOIN live AS district ON district._id = live.doc->'parent'->>'_id'
    JOIN live AS chw ON chw._id = live.doc->'contact'->>'_id'
    WHERE live.type = 'health_center'
  ),
  wanted AS (SELECT area.* FROM area, given WHERE given.name IS NULL OR given.name IN (area.district, area.chw)),
  household AS (
    SELECT live._id AS id, doc->>'place_id' AS place_id, to_timestamp((doc->>'reported_date')::numeric / 1000) AS registered
    FROM live JOIN wanted ON wanted.id = live.doc->'parent'->>'_id'
    WHERE type = 'clinic' AND coalesce(doc->>'muted', '') = ''
  ),
  person AS (
    SELECT live._id AS id, doc->>'patient_id' AS patient_id, household.id AS household, (doc->>'date_of_birth')::date AS born
    FROM live JOIN household ON household.id = live.doc->'parent'->>'_id'
    WHERE type = 'person'
  ),
  report AS (
    SELECT
      doc->>'form' AS form,
      coalesce(doc->>'patient_id', doc->'fields'->>'patient_id', doc->'fields'->>'patient_uuid') AS patient,
      coalesce(doc->>'place_id', doc->'fields'->>'place_id') AS place,
      CASE WHEN jsonb_typeof(doc->'reported_date') = 'number' AND (doc->>'reported_date')::numeric < 1e13
        THEN to_timestamp((doc->>'reported_date')::numeric / 1000) END AS reported,
      doc->'contact'->'parent'->>'_id' AS area
    FROM live
    WHERE type = 'data_record'
  ),
  ours AS (
    SELECT report.* FROM report, given
    WHERE given.name IS NULL OR report.area IN (SELECT id FROM wanted)
  ),
  worker AS (
    SELECT chw._id AS id FROM live AS chw JOIN wanted ON wanted.id = chw.doc->'parent'->>'_id'
    WHERE chw.type = 'person' AND chw.doc->>'role' = 'chw' AND (chw.doc->>'name' = wanted.chw)
  ),
  last_visit AS (
    SELECT household.id, household.registered, max(report.reported) AS at
    FROM household
    LEFT JOIN person ON person.household = household.id
    LEFT JOIN report ON report.place = household.place_id OR report.patient IN (person.id, person.patient_id)
    GROUP BY 1, 2
  ),
  telemetry AS (
    SELECT doc->'metadata'->>'user' AS name, doc->'metrics' AS metrics
    FROM live
    WHERE type = 'telemetry' AND doc->'metadata'->>'year' <> '' AND doc->'metadata'->'versions' <> 'null' AND
      make_date((doc->'metadata'->>'year')::int, (doc->'metadata'->>'month')::int + CASE WHEN doc->'metadata'->'day' IS NULL THEN 1 ELSE 0 END,
        coalesce((doc->'metadata'->>'day')::int, 1)) >= current_date - interval '1 year'
  )`;

const sumOf = (metric: string, member: string) =>
  `(SELECT sum((metrics->'${metric}'->>'${member}')::float8) FROM telemetry)`;
const recentWorkers = `SELECT count(DISTINCT doc->'contact'->>'_id') FROM live
  WHERE type = 'data_record' AND doc->'contact'->>'_id' IN (SELECT id FROM worker)
    AND jsonb_typeof(doc->'reported_date') = 'number'
    AND (doc->>'reported_date')::numeric BETWEEN extract(epoch FROM now() - interval '30 days') * 1000 AND extract(epoch FROM now()) * 1000`;
const overdue = `SELECT count(*) FROM last_visit WHERE coalesce(at, registered) < now() - interval '60 days'`;
const visitForms = `('home_visit', 'pregnancy_home_visit', 'postnatal_visit', 'V')`;
const since = (period: string) => `reported >= current_date - interval '${period}' AND reported < current_date + 1`;

const programme: Numbers = {
  'Health workers': [`SELECT count(*) FROM worker`, whole],
  'Active health workers': [recentWorkers, whole],
  Households: [`SELECT count(*) FROM household`, whole],
  People: [`SELECT count(*) FROM person`, whole],
  'Children under five': [`SELECT count(*) FROM person WHERE born > current_date - interval '5 years'`, whole],
  'Current pregnancies': [
    `SELECT count(DISTINCT woman.id) FROM ours AS pregnancy
     JOIN (SELECT _id AS id, doc->>'patient_id' AS patient_id FROM live WHERE type = 'person') AS woman
       ON pregnancy.patient IN (woman.id, woman.patient_id)
     WHERE form = 'pregnancy' AND reported > now() - interval '280 days' AND NOT EXISTS (
       SELECT FROM report AS delivery
       WHERE delivery.form = 'delivery' AND delivery.patient IN (woman.id, woman.patient_id) AND delivery.reported >= pregnancy.reported)`,
    whole,
  ],
  Deliveries: [`SELECT count(*) FROM ours WHERE form = 'delivery' AND ${since('1 year')}`, whole],
  Visits: [`SELECT count(*) FROM ours WHERE form IN ${visitForms} AND ${since('1 year')}`, whole],
};

const supervision: Numbers = {
  'Health workers': [`SELECT count(*) FROM worker`, whole],
  Active: [`(${recentWorkers})::float8 / (SELECT count(*) FROM worker)`, percent],
  Reports: [`SELECT count(*) FROM ours WHERE ${since('3 months')}`, whole],
  Visits: [`SELECT count(*) FROM ours WHERE form IN ${visitForms} AND ${since('3 months')}`, whole],
  'Households overdue': [overdue, whole],
  Overdue: [`(${overdue})::float8 / (SELECT count(*) FROM household)`, percent],
};

const appUsage: Numbers = {
  Users: [`SELECT count(DISTINCT name) FROM telemetry`, whole],
  Apdex: [
    `(${sumOf('apdex:satisfied', 'count')} + ${sumOf('apdex:tolerable', 'count')} / 2)
     / (${sumOf('apdex:satisfied', 'count')} + ${sumOf('apdex:tolerable', 'count')} + ${sumOf('apdex:frustrated', 'count')})`,
    decimals(2),
  ],
  'Start-up': [`${sumOf('boot_time', 'sum')} / ${sumOf('boot_time', 'count')} / 1000`, decimals(1)],
  Search: [`${sumOf('search:contacts', 'sum')} / ${sumOf('search:contacts', 'count')} / 1000`, decimals(2)],
  Errors: [
    `SELECT count(*) FROM live WHERE type = 'feedback' AND (doc->'meta'->>'time')::timestamptz >= current_date - interval '1 year'`,
    whole,
  ],
  'Malformed values': [`SELECT count(*) FROM v1.data_quality`, whole],
};

const syncHealth: Numbers = {
  'Changes to come': [`0`, whole],
  'Seconds behind': [`0`, whole],
  'Models that fail': [`0`, whole],
  'Failed runs': [`0`, whole],
  'Rejected documents': [`SELECT count(*) FROM v1.couchdb_rejected`, whole],
  Documents: [`SELECT count(*) FROM live`, whole],
};

/**
 * What the big numbers of each dashboard must show, from the documents themselves and not from any model: of everything, or of
 * a district or a health worker of a name.
 */
export const truth = {
  programme: (pool: pg.Pool, district?: string) => ask(pool, programme, district),
  supervision: (pool: pg.Pool, healthWorker?: string) => ask(pool, supervision, healthWorker),
  appUsage: (pool: pg.Pool) => ask(pool, appUsage, undefined),
  syncHealth: (pool: pg.Pool) => ask(pool, syncHealth, undefined),
} as const;
