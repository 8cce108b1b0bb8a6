{#
  An increment as statements that need no dbt to be carried out: what upsert.sql and watermark.sql have dbt do in a run of a
  model, put into two statements that are the same each time. CHT Sync's dataemon asks for them by `dbt run-operation
  increment_plans`, puts the compiled SQL of the model where `compiled_placeholder` stands, and runs them itself.

    feed   the model above without whose changes there are none here
    where  its column, and the values of which a changed row must have one, before or now, to change something here
    open   fixes the increment of the model in the transaction's settings, as open_increment does; `is_first` tells that
           there was none before, which only dbt can carry out, `is_empty` that there is nothing in it
    apply  removes, inserts and updates rows, and moves the watermark; `restarted` tells that models below must look at
           everything again, which only dbt can carry out; `touched`, for each column that is such a `where`, the values
           that changed rows had or have
#}

{#- Tells the plans of models, each in a line of dbt's log. `ids` are unique ids of dbt. -#}
{% macro increment_plans(ids) %}
  {% for id in ids %}
    {% do log('increment_plan ' ~ tojson({'id': id, 'plan': cht_pipeline.increment_plan(graph.nodes[id])})) %}
  {% endfor %}
{% endmacro %}

{% macro increment_plan(node) %}
  {% do return({
    'key': cht_pipeline.watermark_key(node),
    'ancestors': cht_pipeline.ancestors(node),
    'watermarks': cht_pipeline.watermark_table(),
    'restarts': cht_pipeline.restart_table(),
    'feed': cht_pipeline.feed_key(node),
    'where': node.config.get('meta', {}).get('changes_where'),
    'open': cht_pipeline.select_increment(node, true),
    'apply': cht_pipeline.apply_increment(node),
  }) %}
{% endmacro %}

{#-
  What stands for the model that `node` takes all its changes from: when nothing has changed there, nothing changes here.
  None when there is no such model, and when `node` looks at other changes, too.
-#}
{% macro feed_key(node) %}
  {% set meta = node.config.get('meta', {}) %}
  {% for other in graph.nodes.values() if other.name == meta.get('changes') and not cht_pipeline.may_look_beside(node) %}
    {% if other.unique_id in node.depends_on.nodes and cht_pipeline.has_watermark(other) %}
      {% do return(cht_pipeline.watermark_key(other)) %}
    {% endif %}
  {% endfor %}
  {% do return(none) %}
{% endmacro %}

{#- The columns of `node` that models below name in `changes_where`. -#}
{% macro told_columns(node) %}
  {% set found = [] %}
  {% for other in graph.nodes.values() if node.unique_id in other.depends_on.nodes and cht_pipeline.has_watermark(other) %}
    {% set meta = other.config.get('meta', {}) %}
    {% if meta.get('changes') == node.name and meta.get('changes_where') %}
      {% do found.append(meta.changes_where.column) %}
    {% endif %}
  {% endfor %}
  {% do return(found | unique | sort) %}
{% endmacro %}

{% macro compiled_placeholder() -%}
  /* the compiled model */
{%- endmacro %}

{% macro apply_increment(node) %}
  {%- set relation = cht_pipeline.relation_of(node) -%}
  {%- set columns = adapter.get_columns_in_relation(relation) -%}
  {%- set told = cht_pipeline.told_columns(node) | list -%}
  with selected as materialized (
  {{ cht_pipeline.compiled_placeholder() }}
  ),
  {%- set restart = cht_pipeline.restart_if_watched_changed(node, 'selected') %}
  {%- if restart %}
  restarted as (
    {{ restart }}
    returning 1
  ),
  {%- endif %}
  removed as (
    {{ cht_pipeline.remove_unselected(node, 'selected') }}
    returning model.*
  ),
  written as (
    {{ cht_pipeline.write_selected(node, 'selected', columns) }}
    returning 1
  ),
  moved as (
    {{ cht_pipeline.move_watermark(node) }}
  )
  select
    ((select count(*) from removed) + (select count(*) from written))::integer as rows,
    {{ '(select count(*) from restarted) > 0' if restart else 'false' }} as restarted,
    {#- A statement sees the table as it was before it. -#}
    jsonb_build_object(
      {%- for column in told %}
      {{ cht_pipeline.literals([column]) }}, (
        select jsonb_agg(value)
        from (
          select {{ column }}::text from selected
          union
          select model.{{ column }}::text from {{ relation }} as model join selected using ({{ node.config.unique_key }})
          union
          select {{ column }}::text from removed
        ) as touched (value)
      ){{ ',' if not loop.last }}
      {%- endfor %}
    ) as touched
{% endmacro %}
