{% set columns %}
  {{ cht_pipeline.number_of("couchdb.doc #>> '{fields,weight}'") }} as weight,
  {{ cht_pipeline.date_of("couchdb.doc #>> '{fields,born}'") }} as born
{% endset %}
{{ cht_pipeline.cht_form_model('visit', columns, [{'columns': ['weight']}]) }}
