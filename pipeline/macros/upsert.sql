{#
  The incremental strategy `upsert`. A row whose document still exists is updated in place: it is never missing, and no
  foreign key cascades. MERGE would do, but a distributed PostgreSQL (Citus) has none.

  meta.changes names what the model takes its changes from: a row that changed there and that the model no longer selects
  goes. Without it the model selects all its rows each time. A document is told by the model's key, unless there may be
  several rows for one: then meta.changed_by names the column that tells it.

  What need not be done: meta.looks_beside says false when a row depends on its own document only; meta.changes_where, on rows
  of which `column` of meta.changes the model depends, by the `values` that these have.
#}
{% macro get_incremental_upsert_sql(arguments) %}
  {%- set selected = arguments.temp_relation -%}
  {%- set restart = cht_pipeline.restart_if_watched_changed(model, selected) -%}
  {%- if restart %}
  {{ restart }};
  {%- endif %}

  {{ cht_pipeline.remove_unselected(model, selected) }};

  {{ cht_pipeline.write_selected(model, selected, arguments.dest_columns) }}
{% endmacro %}

{#- The table of a model. `node` is a node of dbt's graph. -#}
{% macro relation_of(node) %}
  {% do return(api.Relation.create(database=node.database, schema=node.schema, identifier=node.alias)) %}
{% endmacro %}

{#- The column of a model that tells the document a row is from. -#}
{% macro document_column(node) %}
  {% do return(node.config.get('meta', {}).get('changed_by') or node.config.unique_key) %}
{% endmacro %}

{#- Has the models below look at everything again when the watched column of a row changes; empty when there is none. -#}
{% macro restart_if_watched_changed(node, selected) -%}
  {%- set watched = node.config.get('meta', {}).get('restarts_below') -%}
  {%- if watched and cht_pipeline.descendants(node) %}
  {{ cht_pipeline.restart_descendants(node) }}
    and exists (
      select from {{ cht_pipeline.relation_of(node) }} as model
      join {{ selected }} as selected using ({{ node.config.unique_key }})
      where model.{{ watched }} is distinct from selected.{{ watched }}
    )
  {%- endif -%}
{%- endmacro %}

{% macro remove_unselected(node, selected) -%}
  {%- set key = node.config.unique_key -%}
  {%- set feed = cht_pipeline.feed(node) -%}
  delete from {{ cht_pipeline.relation_of(node) }} as model
  where not exists (select from {{ selected }} as selected where selected.{{ key }} = model.{{ key }})
  {%- if feed %}
    and model.{{ cht_pipeline.document_column(node) }} in (
      select feed.{{ feed.key }} from {{ feed.relation }} as feed where {{ cht_pipeline.changed('feed.saved_timestamp') }}
    )
  {%- endif %}
{%- endmacro %}

{% macro write_selected(node, selected, columns) -%}
  {%- set key = node.config.unique_key -%}
  {%- set columns = columns | map(attribute='quoted') | list -%}
  {%- set others = columns | reject('equalto', adapter.quote(key)) | list -%}
  insert into {{ cht_pipeline.relation_of(node) }} as model ({{ columns | join(', ') }})
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
{%- endmacro %}
