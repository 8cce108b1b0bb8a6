{#
  A new table takes the place of the old one, under the eyes of those who read it, and of those who bring the old one on: who
  holds the model's row of dbt_watermark has the one or the other until its transaction ends. What that locks against readers is
  locked before the first name is changed, all of it or nothing: the old table, the views that read it, and the tables whose
  foreign keys point to it. A reader that holds one of them may be waiting for another, and of two who wait for each other
  PostgreSQL ends one, after deadlock_timeout, a second: so nothing is held for as long without the rest.
#}

{#- dbt's, but for the locks before the old table gets its other name. -#}
{% macro postgres__rename_relation(from_relation, to_relation) %}
  {% if to_relation.identifier == make_backup_relation(from_relation, from_relation.type).identifier %}
    {% do run_query(cht_pipeline.lock_for_swap(from_relation)) %}
  {% endif %}
  {% do return(dbt.default__rename_relation(from_relation, to_relation)) %}
{% endmacro %}

{#-
  In SQL, a view cannot be locked without the tables below it; that its owner becomes who it is does it. Views of roles that
  are not this one's are left alone: they go with the old table. After a minute of trying it waits as long as it takes.
-#}
{% macro lock_for_swap(relation) %}
  {% set watermarks = cht_pipeline.watermark_table() %}
  do $swap$
  declare
    old constant oid = {{ cht_pipeline.regclass(relation) }};
    given_timeout constant text = current_setting('lock_timeout');
    began constant timestamptz = clock_timestamp();
    holds_since timestamptz;
    lock text;
    locks text[];
  begin
    if to_regclass({{ cht_pipeline.literals([watermarks | string]) }}) is not null then
      perform from {{ watermarks }} where model = {{ cht_pipeline.literals([cht_pipeline.watermark_key_of(relation)]) }} for update;
    end if;
    -- One at a time: views read several tables, and to point one to a new table needs the others, which may be being swapped, too.
    perform pg_advisory_xact_lock(hashtext('cht_pipeline.swap'));
    loop
      begin
        holds_since = null;
        -- Looked up for each try: a view that is itself being made anew goes and comes back under the eyes of this.
        locks = array(
          select format('alter table %s owner to %I', pg_class.oid::regclass, pg_get_userbyid(relowner))
          from pg_class
          where relkind = 'v' and pg_has_role(relowner, 'USAGE') and oid in ({{ cht_pipeline.views_that_read('old') }})
          union all
          select format('lock table only %s in access exclusive mode', conrelid::regclass)
          from pg_constraint where contype = 'f' and confrelid = old and conrelid <> old
          union all
          select format('lock table only %s in access exclusive mode', oid::regclass) from pg_class where oid = old and relkind <> 'v'
        );
        foreach lock in array locks loop
          if clock_timestamp() < began + interval '1 minute' then
            perform set_config('lock_timeout', greatest(1, least(
              300, 700 - extract(epoch from clock_timestamp() - holds_since) * 1000
            )::integer) || 'ms', true);
          end if;
          execute lock;
          holds_since = coalesce(holds_since, clock_timestamp());
        end loop;
        exit;
      exception when lock_not_available or undefined_table then
        perform pg_sleep(0.1 + random() / 5);
      end;
    end loop;
    perform set_config('lock_timeout', given_timeout, true);
  end
  $swap$
{% endmacro %}

{#-
  To drop the old table needs, because of its foreign key, the one above it for a moment. Whoever reads that for hours, as another
  rebuild does, is waited for without keeping all others from it.
-#}
{% macro postgres__drop_table(relation) -%}
  {%- if '__dbt_backup' not in relation.identifier -%}
    {{ return(dbt.postgres__drop_table(relation)) }}
  {%- endif -%}
  do $drop$
  declare
    given_timeout constant text = current_setting('lock_timeout');
    pause double precision = 0.1;
  begin
    perform set_config('lock_timeout', '100ms', true);
    loop
      begin
        {{ dbt.postgres__drop_table(relation) }};
        exit;
      exception when lock_not_available then
        perform pg_sleep(pause);
        pause = least(pause * 1.5, 10);
      end;
    end loop;
    perform set_config('lock_timeout', given_timeout, true);
  end
  $drop$
{%- endmacro %}
