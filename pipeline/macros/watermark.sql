{#
  How models keep up with the documents.

  Each model has a watermark in the table dbt_watermark: all changes up to it are in the model. A run of a model is one
  transaction of these steps, which dbt's own incremental materialization puts in order:

    open_increment    (pre-hook) locks, and fixes the increment: the changes after the watermark, up to what the models above hold
    the model         selects the rows of the documents that changed in the increment: `where changed(saved_timestamp)`
    upsert            (incremental strategy) removes what changed and is no longer selected, inserts or updates the rest
    close_increment   (post-hook) moves the watermark

  The two ends of the increment are settings of the transaction, so that a model's SQL is the same in each run.

  A model may have those below it look at everything again: it adds a row for each to dbt_restart. That waits for nobody, also
  while one of them is being made anew; the run that has seen such rows when it began removes them when it ends.
#}

{% macro create_watermark_table() %}
  {#- Two processes that create a table at once collide even with "if not exists"; hence the lock. -#}
  select pg_advisory_xact_lock(hashtext('dbt_watermark'));
  create schema if not exists {{ adapter.quote(target.schema) }};
  create table if not exists {{ cht_pipeline.watermark_table() }} (
    model text primary key,
    saved_timestamp timestamp not null default '-infinity'
  );
  create table if not exists {{ cht_pipeline.restart_table() }} (
    id bigint generated always as identity primary key,
    model text not null
  );
  commit;
{% endmacro %}

{% macro restart_table() -%}
  {{ adapter.quote(target.schema) }}.dbt_restart
{%- endmacro %}

{% macro watermark_table() -%}
  {{ adapter.quote(target.schema) }}.dbt_watermark
{%- endmacro %}

{#- Whether a node of dbt's graph is a model that keeps up by a watermark. -#}
{% macro has_watermark(node) %}
  {% do return(node.config.materialized == 'incremental' and node.config.incremental_strategy == 'upsert') %}
{% endmacro %}

{#- What stands for a model in dbt_watermark. `node` is a node of dbt's graph. -#}
{% macro watermark_key(node) -%}
  {{ node.alias if node.schema == target.schema else node.schema ~ '.' ~ node.alias }}
{%- endmacro %}

{#- A list of names as a list of SQL literals. -#}
{% macro literals(names) -%}
  {%- for name in names %}{{ dbt.string_literal(dbt.escape_single_quotes(name)) }}{{ ', ' if not loop.last }}{% endfor -%}
{%- endmacro %}

{#- The keys of the models with a watermark that `node` is built from, the farthest first. -#}
{% macro ancestors(node) %}
  {% set found = [] %}
  {% do cht_pipeline.collect_ancestors(node, found, []) %}
  {% do return(found) %}
{% endmacro %}

{% macro collect_ancestors(node, found, visited) %}
  {% for id in node.depends_on.nodes if id in graph.nodes and id not in visited %}
    {% set parent = graph.nodes[id] %}
    {% do visited.append(id) %}
    {% do cht_pipeline.collect_ancestors(parent, found, visited) %}
    {% if cht_pipeline.has_watermark(parent) %}
      {% do found.append(cht_pipeline.watermark_key(parent)) %}
    {% endif %}
  {% endfor %}
{% endmacro %}

{#- The keys of the models with a watermark that are built from `node`, directly or not. -#}
{% macro descendants(node) %}
  {% set found = [] %}
  {% set key = cht_pipeline.watermark_key(node) %}
  {% for other in graph.nodes.values() if cht_pipeline.has_watermark(other) and key in cht_pipeline.ancestors(other) %}
    {% do found.append(cht_pipeline.watermark_key(other)) %}
  {% endfor %}
  {% do return(found) %}
{% endmacro %}

{#- The table and its key column whose changed rows are a model's changes; see `changes` in a model's meta. -#}
{% macro feed(node) %}
  {% set name = node.config.get('meta', {}).get('changes') %}
  {% if not name %}
    {% do return(none) %}
  {% elif name == 'couchdb' %}
    {% do return({'relation': source('couchdb', env_var('POSTGRES_TABLE', 'couchdb')), 'key': '_id', 'is_model': false}) %}
  {% else %}
    {% do return({'relation': ref(name), 'key': 'uuid', 'is_model': true}) %}
  {% endif %}
{% endmacro %}

{#- How many changed documents a run takes at most; 0 is all. -#}
{% macro batch_size() %}
  {% do return((var('batch_size', env_var('DBT_BATCH_SIZE', '')) or 0) | int) %}
{% endmacro %}

{#- The start of the increment, exclusive. Outside a run, an increment is everything. -#}
{% macro increment_start() -%}
  coalesce(nullif(current_setting('cht_pipeline.increment_start', true), ''), '-infinity')::timestamp
{%- endmacro %}

{#- The end of the increment, inclusive. -#}
{% macro increment_end() -%}
  coalesce(nullif(current_setting('cht_pipeline.increment_end', true), ''), 'infinity')::timestamp
{%- endmacro %}

{#-
  The condition that a row changed in the increment. A full refresh takes all there is: a document that changes while it
  runs has left the increment already, but must not be missing from the new table.
-#}
{% macro changed(saved_timestamp) -%}
  {%- if should_full_refresh() -%}
    true
  {%- else -%}
    ({{ saved_timestamp }} > {{ cht_pipeline.increment_start() }} and {{ saved_timestamp }} <= {{ cht_pipeline.increment_end() }})
  {%- endif -%}
{%- endmacro %}

{% macro open_increment() %}
  {% if not execute or not cht_pipeline.has_watermark(model) %}{% do return('') %}{% endif %}
  {% set key = cht_pipeline.literals([cht_pipeline.watermark_key(model)]) %}
  {% set ancestors = cht_pipeline.ancestors(model) %}
  {% set watermarks = cht_pipeline.watermark_table() %}

  {#-
    The rows of dbt_watermark are the locks, too: nobody else runs this model, or one that it is built from, before this
    transaction ends. The farthest ancestor goes first, always, so that two runs never wait for each other. What follows
    is a statement of its own because only a new statement sees what was committed while it waited. A rebuild takes its own
    lock only: it may take hours, and what moves on above it meanwhile is in the next increment.
  -#}
  {% call statement('lock') %}
    {%- if ancestors and is_incremental() %}
    select model from {{ watermarks }}
    where model in ({{ cht_pipeline.literals(ancestors) }})
    order by array_position(array[{{ cht_pipeline.literals(ancestors) }}], model)
    for share;
    {%- endif %}
    insert into {{ watermarks }} as watermark (model) values ({{ key }})
    on conflict (model) do update set saved_timestamp = watermark.saved_timestamp;
  {% endcall %}

  {% if not is_incremental() %}
    {% do run_query(cht_pipeline.allow_memory_for_rebuild()) %}
  {% endif %}
  {% set increment = run_query(cht_pipeline.select_increment(model, is_incremental())) %}
  {% if increment.columns['is_first'].values()[0] and is_incremental() %}
    {% do cht_pipeline.adopt() %}
  {% endif %}
{% endmacro %}

{#- Fixes the increment of a model, which its watermark and those of the models above it tell. -#}
{% macro select_increment(node, is_incremental) %}
  {%- set ancestors = cht_pipeline.ancestors(node) -%}
  {%- set watermarks = cht_pipeline.watermark_table() -%}
  {%- set key = cht_pipeline.literals([cht_pipeline.watermark_key(node)]) -%}
  with restart as (
    select coalesce(max(id), 0) as seen from {{ cht_pipeline.restart_table() }} where model = {{ key }}
  ),
  increment as (
    select
      {% if is_incremental %}case when restart.seen = 0 then saved_timestamp else '-infinity' end{% else %}'-infinity'::timestamp{% endif %} as increment_start,
      {%- if ancestors %}
      (
        select case when count(*) = {{ ancestors | length }} then min(ancestor.saved_timestamp) end
        from {{ watermarks }} as ancestor
        where ancestor.model in ({{ cht_pipeline.literals(ancestors) }})
      ) as increment_end
      {%- else %}
      {{ cht_pipeline.end_of_batch(node, 'watermark.saved_timestamp', is_incremental) }} as increment_end
      {%- endif %}
    from {{ watermarks }} as watermark
    cross join restart
    where model = {{ key }}
  )
  select
    set_config('cht_pipeline.restart_seen', restart.seen::text, true),
    -- PostgreSQL takes any increment for a two-hundredth of the table, and would rather read whole tables for that.
    set_config('enable_seqscan', case when increment_start = '-infinity' then 'on' else 'off' end, true),
    set_config('cht_pipeline.increment_start', increment_start::text, true),
    set_config('cht_pipeline.increment_end', greatest(increment_end, increment_start)::text, true),
    increment_start = '-infinity' as is_first,
    coalesce(increment_end <= increment_start, true) as is_empty
  from increment
  cross join restart
{% endmacro %}

{#- The saved_timestamp up to which a run of the root model takes changes: an expression. -#}
{% macro end_of_batch(node, watermark, is_incremental) %}
  {%- set feed = cht_pipeline.feed(node) -%}
  {%- set batch_size = cht_pipeline.batch_size() -%}
  {%- if batch_size > 0 and not should_full_refresh() -%}
    (
      select max(saved_timestamp)
      from (
        select saved_timestamp
        from {{ feed.relation }}
        {% if is_incremental %}where saved_timestamp > {{ watermark }}{% endif %}
        order by saved_timestamp
        limit {{ batch_size }}
      ) as batch
    )
  {%- else -%}
    (select max(saved_timestamp) from {{ feed.relation }})
  {%- endif -%}
{% endmacro %}

{% macro close_increment() %}
  {% if not execute or not cht_pipeline.has_watermark(model) %}{% do return('') %}{% endif %}
  {% if not is_incremental() %}
    {% do cht_pipeline.after_rebuild() %}
  {% endif %}
  {{ cht_pipeline.move_watermark(model) }};
  delete from {{ cht_pipeline.restart_table() }}
  where model = {{ cht_pipeline.literals([cht_pipeline.watermark_key(model)]) }}
    and id <= current_setting('cht_pipeline.restart_seen')::bigint
{% endmacro %}

{% macro move_watermark(node) -%}
  update {{ cht_pipeline.watermark_table() }}
  set saved_timestamp = {{ cht_pipeline.increment_end() }}
  where model = {{ cht_pipeline.literals([cht_pipeline.watermark_key(node)]) }}
{%- endmacro %}

{#- Has all models below `node` look at everything in their next run. -#}
{% macro restart_descendants(node) %}
  {% set descendants = cht_pipeline.descendants(node) %}
  {% if descendants %}
    insert into {{ cht_pipeline.restart_table() }} (model)
    select model from unnest(array[{{ cht_pipeline.literals(descendants) }}]) as model
    where true
  {% endif %}
{% endmacro %}
