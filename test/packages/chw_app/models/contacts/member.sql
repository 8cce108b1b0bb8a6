{% set custom_fields %}
  couchdb.doc ->> 'sex' AS sex,
  NULLIF(couchdb.doc ->> 'date_of_birth', '')::date AS date_of_birth
{% endset %}
{{ cht_pipeline_base.cht_contact_model('person', [
  {'id': 'household', 'table': 'household'},
  {'id': 'area', 'table': 'area'},
  {'id': 'district', 'table': 'contact'}
], custom_fields) }}
