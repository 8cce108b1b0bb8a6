{%- set form_indexes = [{'columns': ['patient_id']}, {'columns': ['edd']}] -%}
{% set form_columns %}
  data_record.patient_id,
  NULLIF(couchdb.doc -> 'fields' ->> 'edd', '')::date AS edd,
  {{ yes_no("doc #>> '{fields,danger_signs}'") }} AS has_danger_signs,
  grandparent_uuid AS area
{% endset %}
{{ cht_form_model('pregnancy', form_columns, form_indexes) }}
