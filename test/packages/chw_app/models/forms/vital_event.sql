{% set birth_columns %}
  'birth' AS event,
  (couchdb.doc -> 'fields' ->> 'birth_date')::date AS event_date,
  NULL AS cause
{% endset %}
{% set death_columns %}
  'death' AS event,
  (couchdb.doc -> 'fields' ->> 'death_date')::date AS event_date,
  couchdb.doc -> 'fields' ->> 'cause' AS cause
{% endset %}
{{ cht_form_multi([
  {'form_name': 'birth', 'form_columns': birth_columns},
  {'form_name': 'death', 'form_columns': death_columns}
], [{'columns': ['event']}]) }}
