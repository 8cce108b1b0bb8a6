{#
  What a table needs besides its rows. Foreign keys are added after a table is filled: checking them at once is cheaper than
  row by row, and the parent's table is locked for a moment only.
#}

{#-
  Memory for this transaction: a join of all documents that does not fit writes each of them to disk, twice, and indexes
  are sorted there. What the server allows beyond it stays.
-#}
{% macro allow_memory_for_rebuild() -%}
  select set_config(name, '256MB', true)
  from pg_settings
  where name in ('work_mem', 'maintenance_work_mem') and pg_size_bytes(current_setting(name)) < pg_size_bytes('256MB')
{%- endmacro %}

{#- After a model was built anew, inside its transaction: dbt has put the new table in place of the old one. -#}
{% macro after_rebuild() %}
  {% do cht_pipeline.set_not_null() %}
  {% set feed = cht_pipeline.feed(model) %}
  {% if feed and feed.is_model %}
    {% call statement('foreign_key') %}
      -- What was deleted above while this was made; from here on nothing is.
      lock table {{ feed.relation }} in share row exclusive mode;
      {{ cht_pipeline.delete_orphans(this, feed) }};
      {{ cht_pipeline.add_foreign_key(this, feed) }}
    {% endcall %}
  {% endif %}

  {% set old = cht_pipeline.regclass(make_backup_relation(this, 'table')) %}
  {% if run_query('select ' ~ old ~ ' is not null').columns[0].values()[0] %}
    {% do cht_pipeline.repoint_foreign_keys(old) %}
    {% do cht_pipeline.repoint_views(old) %}
  {% endif %}
  {% do cht_pipeline.create_partial_index() %}
  {#- Without statistics, PostgreSQL would take an increment for a two-hundredth of the table. -#}
  {% do run_query('analyze ' ~ this) %}
  {#-
    What is below was made of the old table, or is left from one that has gone, and has lost its keys. Where it is made anew,
    too, by this dataemon or in this run, this comes to nothing.
  -#}
  {% if cht_pipeline.descendants(model) %}
    {% do run_query(cht_pipeline.restart_descendants(model)) %}
  {% endif %}
{% endmacro %}

{#- dbt knows no partial indexes. A table that is being replaced may still hold the name. -#}
{% macro create_partial_index() %}
  {% set definition = config.get('meta', {}).get('partial_index') %}
  {% if definition %}
    {% set name = adapter.quote(this.identifier ~ '_partial') %}
    {% call statement('partial_index') %}
      drop index if exists {{ adapter.quote(this.schema) }}.{{ name }};
      create index {{ name }} on {{ this }} {{ definition }}
    {% endcall %}
  {% endif %}
{% endmacro %}

{#- A relation as PostgreSQL's catalogs name it; NULL if there is none. -#}
{% macro regclass(relation) -%}
  to_regclass({{ cht_pipeline.literals([relation.include(database=false) | string]) }})
{%- endmacro %}

{% macro delete_orphans(relation, feed) -%}
  delete from {{ relation }} as model
  where not exists (select from {{ feed.relation }} as parent where parent.{{ feed.key }} = model.{{ cht_pipeline.document_column(model) }})
{%- endmacro %}

{% macro add_foreign_key(relation, feed) -%}
  alter table {{ relation }} add foreign key ({{ cht_pipeline.document_column(model) }}) references {{ feed.relation }} ({{ feed.key }}) on delete cascade
{%- endmacro %}
