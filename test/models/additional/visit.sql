{{
  cht_form_model(
    'visit',
    "couchdb.doc #>> '{fields,patient_id}' as patient_id,
     couchdb.doc #>> '{fields,weight}' as weight",
    [{'columns': ['patient_id']}]
  )
}}
