{# The increment of a model: which changes a run takes. watermark.sql says how it belongs to the rest. #}

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

{#- What a rebuild of a model is done under, and increments by dbt wait for: the key of an advisory lock. -#}
{% macro rebuild_lock(node) -%}
  {%- set name = cht_pipeline.watermark_table() ~ ' ' ~ cht_pipeline.watermark_key(node) -%}
  hashtext('cht_pipeline.rebuild'), hashtext({{ cht_pipeline.literals([name]) }})
{%- endmacro %}

{% macro open_increment() %}
  {% if not execute or not cht_pipeline.has_watermark(model) %}{% do return('') %}{% endif %}
  {% set key = cht_pipeline.literals([cht_pipeline.watermark_key(model)]) %}
  {% set ancestors = cht_pipeline.ancestors(model) %}
  {% set watermarks = cht_pipeline.watermark_table() %}

  {#-
    The rows of dbt_watermark are the locks, too: nobody else runs this model, or one that it is built from, before this
    transaction ends. The farthest ancestor goes first, always, so that two runs never wait for each other. What follows
    is a statement of its own because only a new statement sees what was committed while it waited. A rebuild may take hours: it
    keeps other runs of dbt away from its model, but what moves on above it meanwhile is in the next increment, and whoever can
    tell the old table from the new one may bring on the old one until the swap, which is when it takes its row.
  -#}
  {% call statement('lock') %}
    {%- if is_incremental() %}
    select pg_advisory_xact_lock_shared({{ cht_pipeline.rebuild_lock(model) }});
    {%- if ancestors %}
    select model from {{ watermarks }}
    where model in ({{ cht_pipeline.literals(ancestors) }})
    order by array_position(array[{{ cht_pipeline.literals(ancestors) }}], model)
    for share;
    {%- endif %}
    insert into {{ watermarks }} as watermark (model) values ({{ key }})
    on conflict (model) do update set saved_timestamp = watermark.saved_timestamp;
    {%- else %}
    select pg_advisory_xact_lock({{ cht_pipeline.rebuild_lock(model) }});
    {%- endif %}
  {% endcall %}

  {% if not is_incremental() %}
    {% do run_query(cht_pipeline.allow_memory_for_rebuild()) %}
  {% endif %}
  {% set increment = run_query(cht_pipeline.select_increment(model, is_incremental())) %}
  {% if increment.columns['is_first'].values()[0] and is_incremental() %}
    {% do cht_pipeline.adopt() %}
  {% endif %}
{% endmacro %}

{#-
  Fixes the increment of a model, which tell what it holds and what can be had: upwards from what it holds; or downwards, when
  there is more to have there, in turn with upwards, so that neither waits for the other. Without batches, what is not whole
  begins anew.
-#}
{% macro select_increment(node, is_incremental) %}
  {%- set ancestors = cht_pipeline.ancestors(node) -%}
  {%- set is_root = not ancestors -%}
  {%- set feed = cht_pipeline.feed(node) -%}
  {%- set in_batches = cht_pipeline.batch_size() > 0 and not should_full_refresh() -%}
  {%- set from_newest = is_root and cht_pipeline.fills_from_newest(feed) -%}
  {%- set takes_all_again = not is_root and cht_pipeline.may_look_beside(node) -%}
  {%- set watermarks = cht_pipeline.watermark_table() -%}
  {%- set key = cht_pipeline.literals([cht_pipeline.watermark_key(node)]) -%}
  with restart as (
    select coalesce(max(id), 0) as seen from {{ cht_pipeline.restart_table() }} where model = {{ key }}
  ),
  held as (
    select low, high, went_up
    from (select {{ cht_pipeline.held_columns() }}, went_up from {{ watermarks }} where model = {{ key }}) as own
    where high > '-infinity'
      {%- if not is_incremental %}
      and false
      {%- elif not in_batches %}
      and low = '-infinity'
      {%- endif %}
  ),
  available as materialized (
    {%- if is_root %}
    select '-infinity'::timestamp as low, (select max(saved_timestamp) from {{ feed.relation }}) as high
    {%- else %}
    select
      case when low < high then low end as low,
      case when low < high then high end as high
    from (
      select max(low) as low, case when count(high) = {{ ancestors | length }} then min(high) end as high
      from (
        select {{ cht_pipeline.held_columns() }} from {{ watermarks }} where model in ({{ cht_pipeline.literals(ancestors) }})
      ) as above
    ) as common
    {%- endif %}
  ),
  known as (
    select
      restart.seen,
      held.low as held_low,
      held.high as held_high,
      available.low as available_low,
      available.high as available_high,
      held.high is null as is_first,
      coalesce(held.low > available.low and (held.went_up or available.high <= held.high), false) as goes_down
    from restart
    cross join available
    left join held on restart.seen = 0
  ),
  increment as materialized (
    select
      *,
      case
        when is_first then {{ cht_pipeline.start_of_batch(feed, 'available_high') if from_newest else "'-infinity'" }}
        when not goes_down then held_high
        {%- if is_root and in_batches %}
        else {{ cht_pipeline.start_of_batch(feed, 'held_low') }}
        {%- else %}
        else available_low
        {%- endif %}
      end as increment_start,
      case
        {%- if is_root and in_batches %}
        when is_first then {{ 'available_high' if from_newest else cht_pipeline.end_of_batch(feed, "'-infinity'") }}
        when not goes_down then {{ cht_pipeline.end_of_batch(feed, 'held_high') }}
        {%- else %}
        when not goes_down then available_high
        {%- endif %}
        {%- if takes_all_again %}
        when available_low = '-infinity' then available_high
        {%- endif %}
        else held_low
      end as increment_end
    from known
  ),
  bounded as (
    select *, greatest(increment_end, increment_start) as bounded_end from increment
  )
  select
    set_config('cht_pipeline.restart_seen', seen::text, true),
    -- PostgreSQL takes any increment for a two-hundredth of the table, and would rather read whole tables for that.
    set_config('enable_seqscan', case when increment_start = '-infinity' then 'on' else 'off' end, true),
    set_config('cht_pipeline.increment_start', increment_start::text, true),
    set_config('cht_pipeline.increment_end', bounded_end::text, true),
    set_config('cht_pipeline.filled_from', (
      case
        when is_first then {{ 'increment_start' if is_root else "coalesce(available_low, '-infinity')" }}
        when goes_down then {{ 'increment_start' if is_root else 'available_low' }}
        else held_low
      end
    )::text, true),
    set_config('cht_pipeline.filled_to', (
      case when goes_down then greatest(held_high, bounded_end) else bounded_end end
    )::text, true),
    set_config('cht_pipeline.went_up', (not goes_down)::text, true),
    is_first,
    coalesce(increment_end <= increment_start, true) as is_empty
  from bounded
{% endmacro %}

{% macro close_increment() %}
  {% if not execute or not cht_pipeline.has_watermark(model) %}{% do return('') %}{% endif %}
  {% if not is_incremental() %}
    {% do cht_pipeline.after_rebuild() %}
    insert into {{ cht_pipeline.watermark_table() }} (model)
    values ({{ cht_pipeline.literals([cht_pipeline.watermark_key(model)]) }})
    on conflict (model) do nothing;
  {% endif %}
  {{ cht_pipeline.move_watermark(model) }};
  delete from {{ cht_pipeline.restart_table() }}
  where model = {{ cht_pipeline.literals([cht_pipeline.watermark_key(model)]) }}
    and id <= current_setting('cht_pipeline.restart_seen')::bigint
{% endmacro %}
