{#
  A first load in batches. The models that read the documents take a batch of them in each run, and those below what these
  hold by then, so that tables fill while dashboards read them: from the oldest documents on, or from the newest.

  From the newest on, a model begins with the newest batch, and then takes in turn what has changed since, and the next older
  batch: an increment that ends where what it holds begins. Which documents changed in an increment does not depend on the
  order of increments: who is edited meanwhile has left the older ones, and is in a newer. What a row takes from other
  documents may depend on it, so a model that looks beside its own takes all of them once more when all have come.
#}

{#- How many changed documents a run takes at most; 0 is all. -#}
{% macro batch_size() %}
  {% do return((var('batch_size', env_var('DBT_BATCH_SIZE', '')) or 0) | int) %}
{% endmacro %}

{#- Whether a model that holds nothing yet begins with the newest documents. Rows of other tables are in no certain order. -#}
{% macro fills_from_newest(feed) %}
  {% set order = var('batch_order', env_var('DBT_BATCH_ORDER', '')) or 'oldest' %}
  {% do return(order == 'newest' and not feed.is_model and cht_pipeline.batch_size() > 0 and not should_full_refresh()) %}
{% endmacro %}

{#- Whether a row of the model may depend on documents that are not its own; as long as the model does not deny it. -#}
{% macro may_look_beside(node) %}
  {% do return(node.config.get('meta', {}).get('looks_beside', true)) %}
{% endmacro %}

{#- The saved_timestamp up to which a batch of what is newer than `after` goes: an expression. -#}
{% macro end_of_batch(feed, after) -%}
  (
    select max(saved_timestamp)
    from (
      select saved_timestamp
      from {{ feed.relation }}
      where saved_timestamp > {{ after }}
      order by saved_timestamp
      limit {{ cht_pipeline.batch_size() }}
    ) as batch
  )
{%- endmacro %}

{#- The saved_timestamp after which the batch begins that ends with `end`: an expression. -#}
{% macro start_of_batch(feed, end) -%}
  coalesce((
    select max(older.saved_timestamp)
    from {{ feed.relation }} as older
    where older.saved_timestamp < (
      select min(batch.saved_timestamp)
      from (
        select saved_timestamp
        from {{ feed.relation }}
        where saved_timestamp <= {{ end }}
        order by saved_timestamp desc
        limit {{ cht_pipeline.batch_size() }}
      ) as batch
    )
  ), '-infinity')
{%- endmacro %}
