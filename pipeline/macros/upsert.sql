{#
  The incremental strategy `upsert`. A row whose document still exists is updated in place: it is never missing, and no
  foreign key cascades. MERGE would do, but a distributed PostgreSQL (Citus) has none.

  meta.changes names what the model takes its changes from: a row that changed there and that the model no longer selects
  goes. Without it the model selects all its rows each time.
#}
{% macro get_incremental_upsert_sql(arguments) %}
  {%- set target = arguments.target_relation -%}
  {%- set selected = arguments.temp_relation -%}
  {%- set key = arguments.unique_key -%}
  {%- set columns = arguments.dest_columns | map(attribute='quoted') | list -%}
  {%- set others = columns | reject('equalto', adapter.quote(key)) | list -%}
  {%- set feed = cht_pipeline.feed() -%}
  {%- set watched = config.get('meta', {}).get('restarts_below') -%}

  {%- if watched and cht_pipeline.descendants() %}
  {{ cht_pipeline.restart_descendants() }}
    and exists (
      select from {{ target }} as model
      join {{ selected }} as selected using ({{ key }})
      where model.{{ watched }} is distinct from selected.{{ watched }}
    );
  {%- endif %}

  delete from {{ target }} as model
  where not exists (select from {{ selected }} as selected where selected.{{ key }} = model.{{ key }})
  {%- if feed %}
    and model.{{ key }} in (
      select feed.{{ feed.key }} from {{ feed.relation }} as feed where {{ cht_pipeline.changed('feed.saved_timestamp') }}
    )
  {%- endif %};

  insert into {{ target }} as model ({{ columns | join(', ') }})
  select {{ columns | join(', ') }} from {{ selected }}
  on conflict ({{ key }}) do update
  set
    {%- for column in others %}
    {{ column }} = excluded.{{ column }}{{ ',' if not loop.last }}
    {%- endfor %}
  where
    {%- for column in others %}
    {{ 'or ' if not loop.first }}model.{{ column }} is distinct from excluded.{{ column }}
    {%- endfor %}
{% endmacro %}
