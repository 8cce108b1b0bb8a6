{% set custom_fields %}
  couchdb.doc ->> 'place_id' AS area_code,
  NULLIF(couchdb.doc ->> 'population', '')::int AS population
{% endset %}
{{ cht_contact_model('health_center', [{'id': 'district', 'table': 'contact'}], custom_fields) }}
