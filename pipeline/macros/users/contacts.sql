{# Models of contacts. The columns that users give are SQL over the aliases `contact`, `couchdb` and the ids of `parents`. #}

{% macro cht_contact_model(contact_type, parents, custom_contact_columns, custom_indexes=[]) -%}
  {%- set parents = parents or [] -%}
  {%- set indexes = cht_pipeline.contact_indexes() -%}
  {%- for parent in parents -%}
    {%- do indexes.append({'columns': [parent.id]}) -%}
  {%- endfor -%}
  {{
    cht_pipeline.keep_up_with(
      'contact',
      indexes + custom_indexes,
      looks_beside=parents | length > 0,
      where={'column': 'contact_type', 'values': [contact_type]},
    )
  }}
  {%- if is_incremental() and parents %}
  {{ cht_pipeline.with_affected_contacts(parents) }}
  {%- endif %}
  select
    {{ cht_pipeline.contact_columns() }}
    {%- for parent in parents %},
    {{ parent.id }}.uuid as {{ parent.id }}
    {%- endfor %}
    {{- cht_pipeline.and_columns(custom_contact_columns) }}
  from {{ ref('contact') }} as contact
  join {{ cht_pipeline.documents() }} as couchdb on couchdb._id = contact.uuid
  {%- for parent in parents %}
  left join {{ ref(parent.table) }} as {{ parent.id }}
    on {{ parent.id }}.uuid = {{ 'contact' if loop.first else loop.previtem.id }}.parent_uuid
  {%- endfor %}
  where contact.contact_type = {{ cht_pipeline.literals([contact_type]) }}
    -- The document may have been deleted since contact ran.
    and couchdb._deleted is not true
  {%- if is_incremental() and parents %}
    -- As an array, so that PostgreSQL looks them up however many it expects.
    and contact.uuid = any (array(select affected.uuid from affected_contacts as affected))
  {%- else %}
    and {{ cht_pipeline.changed('contact.saved_timestamp') }}
  {%- endif %}
{%- endmacro %}

{#-
  A contact is affected when it has changed, and when one of its ancestors has. Who was below an ancestor before and is no
  longer has changed itself, or somebody between them has; so it is enough to look for those that are below a changed
  document now. One that was deleted, or is no longer a contact, has no row in contact, but those below still name it; hence
  the look at the documents themselves.
-#}
{% macro with_affected_contacts(parents) -%}
  with changed_documents as materialized (
    select _id from {{ cht_pipeline.documents() }} as documents where {{ cht_pipeline.changed('documents.saved_timestamp') }}
  ),
  affected_contacts as materialized (
    select uuid from {{ ref('contact') }} as contact where {{ cht_pipeline.changed('contact.saved_timestamp') }}
    {%- for parent in parents %}
    union
    select below{{ loop.index }}.uuid
    from changed_documents
    {%- for level in range(1, loop.index + 1) %}
    join {{ ref('contact') }} as below{{ level }}
      on below{{ level }}.parent_uuid = {{ 'changed_documents._id' if level == 1 else 'below' ~ (level - 1) ~ '.uuid' }}
    {%- endfor %}
    {%- endfor %}
  )
{%- endmacro %}

{% macro contact_columns() -%}
  contact.uuid,
  contact.saved_timestamp,
  contact.parent_uuid,
  contact.reported,
  contact.name
{%- endmacro %}

{% macro contact_indexes() %}
  {% do return([
    {'columns': ['uuid']},
    {'columns': ['saved_timestamp']},
    {'columns': ['parent_uuid']},
    {'columns': ['reported']},
  ]) %}
{% endmacro %}
