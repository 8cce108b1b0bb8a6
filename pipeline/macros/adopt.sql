{#- Before the first increment of a table without a watermark, as an older package made it: it gets what it lacks. -#}
{% macro adopt() %}
  {% set feed = cht_pipeline.feed(model) %}
  {% set key = config.get('unique_key') %}
  {% set has_index %}
    select exists (
      select from pg_index
      join pg_attribute on attrelid = indrelid and attnum = indkey[0]
      where indrelid = {{ cht_pipeline.regclass(this) }}
        and indisunique and indnatts = 1 and indpred is null and attname = {{ cht_pipeline.literals([key]) }}
    )
  {% endset %}
  {% if not run_query(has_index).columns[0].values()[0] %}
    {% call statement('adopt_key') %}
      delete from {{ this }} as model using {{ this }} as other
      where model.{{ key }} = other.{{ key }} and model.ctid < other.ctid;
      create unique index on {{ this }} ({{ key }})
    {% endcall %}
  {% endif %}

  {% do cht_pipeline.create_partial_index() %}
  {% if feed %}
    {% call statement('adopt_rows') %}
      {{ cht_pipeline.delete_orphans(this, feed) }}
    {% endcall %}
  {% endif %}
  {% if feed and feed.is_model %}
    {% set has_foreign_key %}
      select exists (
        select from pg_constraint
        where contype = 'f' and confdeltype = 'c'
          and conrelid = {{ cht_pipeline.regclass(this) }} and confrelid = {{ cht_pipeline.regclass(feed.relation) }}
      )
    {% endset %}
    {% if not run_query(has_foreign_key).columns[0].values()[0] %}
      {% do run_query(cht_pipeline.add_foreign_key(this, feed)) %}
    {% endif %}
  {% endif %}
{% endmacro %}
