{% snapshot household_history %}
{{ config(target_schema = env_var('POSTGRES_SCHEMA'), unique_key = 'uuid', strategy = 'check', check_cols = ['household_name', 'area']) }}
SELECT uuid, household_name, area FROM {{ ref('household') }}
{% endsnapshot %}
