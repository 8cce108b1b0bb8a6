{#
  How the views for dashboards know what a deployment calls things: its forms, the types of its places, its roles. Each is a
  list of names, from the variable of dbt `dashboard_<setting>` or, since CHT Sync runs a project of its own, from the
  variable of the environment `DASHBOARD_<SETTING>`, with commas between the names. Where there is neither, a pattern says
  which names are meant; models/dashboards/dashboards.yml lists them.
#}

{#- The patterns, of PostgreSQL's regular expressions without regard to case. -#}
{% macro dashboard_patterns() %}
  {% do return({
    'pregnancy_forms': '^(p|pregnancy|(new|anc)_(pregnancy|registration)|pregnancy_regist(er|ration))$',
    'delivery_forms': '^(d|birth|(.+_)?delivery|(delivery|birth)_(report|regist(er|ration|ry)|outcome))$',
    'visit_forms': '^v$|^(?!.*remind).*visit',
    'household_types': '^clinic$|household|family|homestead',
    'health_worker_roles': '^(chw|chp|chv|cha|vht|vhw|hsa|hew|asha|fchv|asc|reco|community_health_(worker|promoter|volunteer|assistant))$',
  }) %}
{% endmacro %}

{#- The names that a deployment has set; none where it has not. -#}
{% macro dashboard_names(setting) %}
  {% set given = var('dashboard_' ~ setting, none) or env_var('DASHBOARD_' ~ setting | upper, '') %}
  {% set names = [] %}
  {% for name in (given.split(',') if given is string else given) if name | trim %}
    {% do names.append(name | trim) %}
  {% endfor %}
  {% do return(names) %}
{% endmacro %}

{#- The condition that a text is one of the names of a setting. -#}
{% macro is_dashboard_name(setting, text) -%}
  {%- set names = cht_pipeline.dashboard_names(setting) -%}
  {%- if names -%}
    {{ text }} in ({{ cht_pipeline.literals(names) }})
  {%- else -%}
    {{ text }} ~* {{ cht_pipeline.literals([cht_pipeline.dashboard_patterns()[setting]]) }}
  {%- endif -%}
{%- endmacro %}

{#- After how many days without a report about it a household is overdue for a visit. -#}
{% macro dashboard_overdue_days() %}
  {% do return((var('dashboard_overdue_days', none) or env_var('DASHBOARD_OVERDUE_DAYS', '') or 60) | int) %}
{% endmacro %}

{#-
  What is set, as a comment before the view's SQL: part of its configuration, so that CHT Sync makes the view anew when it
  changes.
-#}
{% macro dashboard_settings() -%}
  {%- set set = [] -%}
  {%- for setting in cht_pipeline.dashboard_patterns() -%}
    {%- do set.append(setting ~ ': ' ~ cht_pipeline.dashboard_names(setting) | join(', ')) -%}
  {%- endfor -%}
  /* {{ set | join('; ') | replace('*/', '') | replace('/*', '') }}; overdue_days: {{ cht_pipeline.dashboard_overdue_days() }} */
{%- endmacro %}

{#- The condition that a type of contacts is one of households. -#}
{% macro is_household(contact_type) -%}
  {{ contact_type }} in (
    select id from {{ ref('contact_type') }} where not person and {{ cht_pipeline.is_dashboard_name('household_types', 'id') }}
  )
{%- endmacro %}

{#- The name of a contact, for people to read; NULL where there is no contact. -#}
{% macro name_of(contact) -%}
  case when {{ contact }}.uuid is not null then coalesce(nullif(btrim({{ contact }}.name), ''), '(no name)') end
{%- endmacro %}

{#- The name of a user, of the `_id` of the user's documents: of a second database, `@<source>` follows it. -#}
{% macro user_name_of(user_id) -%}
  split_part(substring({{ user_id }} from '^org[.]couchdb[.]user:(.*)$'), '@', 1)
{%- endmacro %}

{#- A table, where the database is asked for it and has it; none else. -#}
{% macro table_if_there(schema, name) %}
  {% if execute %}
    {% do return(load_relation(api.Relation.create(database=target.database, schema=schema, identifier=name))) %}
  {% endif %}
  {% do return(none) %}
{% endmacro %}

{#-
  Joins the last report in a period about each household, of which `last_report_of` is the time: to find the households without
  a recent one, old reports need not be read. Reports name a person, or a place, by the short id, which each instance gives
  anew, or by the id of the document. These are two joins, not one of a `union all`: of that PostgreSQL would expect 200
  households, and for a district go through all of them once for each of its own.
-#}
{% macro join_last_reports(alias, period, household) -%}
left join (
  select member.parent_uuid as household_uuid, max(data_record.reported) as last_report
  from {{ ref('data_record') }} as data_record
  left join {{ ref('person') }} as person
    on person.patient_id = data_record.patient_id and coalesce(person.instance, '') = coalesce(data_record.instance, '')
  join {{ ref('contact') }} as member on member.uuid = coalesce(person.uuid, data_record.patient_id)
  where data_record.patient_id is not null and data_record.reported {{ period }}
  group by member.parent_uuid
) as {{ alias }}_of_member on {{ alias }}_of_member.household_uuid = {{ household }}
left join (
  select coalesce(place.uuid, visited.place_id) as household_uuid, max(visited.last_report) as last_report
  from (
    -- Far fewer than reports.
    select place_id, instance, max(reported) as last_report
    from {{ ref('data_record') }}
    where place_id is not null and reported {{ period }}
    group by place_id, instance
  ) as visited
  left join {{ ref('place') }} as place
    on place.place_id = visited.place_id and coalesce(place.instance, '') = coalesce(visited.instance, '')
  group by coalesce(place.uuid, visited.place_id)
) as {{ alias }}_of_place on {{ alias }}_of_place.household_uuid = {{ household }}
{%- endmacro %}

{% macro last_report_of(alias) -%}
greatest({{ alias }}_of_member.last_report, {{ alias }}_of_place.last_report)
{%- endmacro %}
