{{ config(materialized = 'raw_sql') }}

{% do ref('member') %}
CREATE OR REPLACE FUNCTION {{ this.schema }}.area_of(person text) RETURNS text LANGUAGE sql STABLE AS
$$ SELECT area FROM {{ ref('member') }} WHERE uuid = person $$
