{# What points to a table when another takes its place: foreign keys and views. #}

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

{#- The views that read a relation, materialized ones too: a query of their oids. `relation` is an expression of its oid. -#}
{% macro views_that_read(relation) -%}
  select ev_class
  from pg_depend join pg_rewrite on pg_rewrite.oid = pg_depend.objid
  where pg_depend.classid = 'pg_rewrite'::regclass and pg_depend.refobjid = {{ relation }} and ev_class <> {{ relation }}
{%- endmacro %}

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
      if not exists ({{ cht_pipeline.views_that_read(old) }}) then
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
      where relkind = 'v' and pg_class.oid in ({{ cht_pipeline.views_that_read(cht_pipeline.regclass(this)) }});
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
