{#
  A table or view that is built anew takes the place of the old one with the old one's grants, so that a dashboard's role still
  reads it. Of a model whose own configuration has grants, dbt sees to those. This is called when the new one has its name.
#}
{% macro postgres__apply_grants(relation, grant_config, should_revoke=true) %}
  {% if not grant_config and not is_incremental() %}
    {% set old = cht_sync.name_literal(make_backup_relation(relation, 'table')) %}
    {% set new = cht_sync.name_literal(relation) %}
    {% set grants %}
      select format(
        'grant %s%s on %s to %s%s',
        privilege_type, '(' || quote_ident(column_name) || ')', {{ new }}::text,
        case grantee when 0 then 'public' else quote_ident(pg_get_userbyid(grantee)) end,
        case when is_grantable then ' with grant option' else '' end
      ) as grant_again
      from (
        select null as column_name, relowner, acl.*
        from pg_class cross join aclexplode(relacl) as acl
        where pg_class.oid = to_regclass({{ old }})
        union all
        select attname, relowner, acl.*
        from pg_class join pg_attribute on attrelid = pg_class.oid and attnum > 0 and not attisdropped
        cross join aclexplode(attacl) as acl
        where pg_class.oid = to_regclass({{ old }})
          and attname in (
            select attname from pg_attribute where attrelid = to_regclass({{ new }})
          )
      ) as granted
      where grantee <> relowner
    {% endset %}
    {% for row in run_query(grants) %}
      {% do run_query(row['grant_again']) %}
    {% endfor %}
  {% endif %}
  {% do return(dbt.default__apply_grants(relation, grant_config, should_revoke)) %}
{% endmacro %}

{% macro name_literal(relation) -%}
  {{ dbt.string_literal(dbt.escape_single_quotes(relation.include(database=false) | string)) }}
{%- endmacro %}
