{%- set household_indexes = [{'columns': ['uses_treated_water']}] -%}
{% set custom_fields %}
  contact.name AS household_name,
  area.area_code,
  couchdb.doc #>> '{contact,_id}' AS head_uuid,
  NULLIF(couchdb.doc ->> 'uses_treated_water', '')::boolean AS uses_treated_water
{% endset %}
{{ cht_contact_model('household', [
  {'id': 'area', 'table': 'area'},
  {'id': 'district', 'table': 'contact'}
], custom_fields, household_indexes) }}
