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

{#-
  Lets the cascading foreign keys that point to the old table point to the new one; dbt drops them with the old table
  otherwise, and deletes would no longer reach the models below. Rows whose document has gone meanwhile go, too.
-#}
{% macro repoint_foreign_keys(old) %}
  {% set foreign_keys %}
    select
      format('%I.%I', nspname, relname) as child,
      quote_ident(conname) as name,
      quote_ident(child_column.attname) as child_column,
      quote_ident(parent_column.attname) as parent_column
    from pg_constraint
    join pg_class on pg_class.oid = conrelid
    join pg_namespace on pg_namespace.oid = relnamespace
    join pg_attribute as child_column on child_column.attrelid = conrelid and child_column.attnum = conkey[1]
    join pg_attribute as parent_column on parent_column.attrelid = confrelid and parent_column.attnum = confkey[1]
    where contype = 'f' and confdeltype = 'c' and cardinality(conkey) = 1 and confrelid = {{ old }}
    order by child, name
  {% endset %}
  {% for foreign_key in run_query(foreign_keys) %}
    {% call statement('repoint') %}
      alter table {{ foreign_key.child }} drop constraint {{ foreign_key.name }};
      delete from {{ foreign_key.child }} as child
      where {{ foreign_key.child_column }} is not null and not exists (
        select from {{ this }} as parent where parent.{{ foreign_key.parent_column }} = child.{{ foreign_key.child_column }}
      );
      alter table {{ foreign_key.child }} add constraint {{ foreign_key.name }}
        foreign key ({{ foreign_key.child_column }}) references {{ this }} ({{ foreign_key.parent_column }}) on delete cascade
    {% endcall %}
  {% endfor %}
{% endmacro %}

{#-
  Lets the views that read the old table read the new one, also those that somebody has made beside the package; dbt drops
  them with the old table otherwise. Their definitions are taken while the old table has its name back. A view that cannot
  be (it reads a column that is gone, or is another user's) goes with the old table; PostgreSQL warns of it.
-#}
{% macro repoint_views(old) %}
  {% set new_name = this.include(database=false, schema=false) %}
  {% set old_name = make_backup_relation(this, 'table').include(database=false, schema=false) %}
  {% set aside = adapter.quote(this.identifier[:50] ~ '__aside') %}
  {% set schema = adapter.quote(this.schema) %}
  {% call statement('repoint_views') %}
    do $repoint$
    declare
      replacements text[];
      replacement text;
    begin
      if not exists (
        select from pg_depend join pg_rewrite on pg_rewrite.oid = pg_depend.objid
        where pg_depend.classid = 'pg_rewrite'::regclass and pg_depend.refobjid = {{ old }}
      ) then
        return;
      end if;
      alter table {{ this.include(database=false) }} rename to {{ aside }};
      alter table {{ schema }}.{{ old_name }} rename to {{ new_name }};
      select array_agg(
        format(
          'create or replace view %I.%I %s as %s',
          nspname, relname, 'with (' || array_to_string(reloptions, ', ') || ')', pg_get_viewdef(pg_class.oid)
        )
      )
      into replacements
      from pg_class join pg_namespace on pg_namespace.oid = relnamespace
      where relkind = 'v' and pg_class.oid in (
        select ev_class
        from pg_depend join pg_rewrite on pg_rewrite.oid = pg_depend.objid
        where pg_depend.classid = 'pg_rewrite'::regclass
          and pg_depend.refobjid = {{ cht_pipeline.regclass(this) }}
      );
      alter table {{ this.include(database=false) }} rename to {{ old_name }};
      alter table {{ schema }}.{{ aside }} rename to {{ new_name }};
      foreach replacement in array coalesce(replacements, array[]::text[]) loop
        begin
          execute replacement;
        exception when others then
          raise warning 'a view goes with the old table: % (%)', sqlerrm, replacement;
        end;
      end loop;
    end
    $repoint$
  {% endcall %}
{% endmacro %}
