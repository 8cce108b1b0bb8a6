{{
  cht_contact_model(
    'chw',
    [{'id': 'hut', 'table': 'hut'}, {'id': 'area', 'table': 'place'}],
    "couchdb.doc ->> 'patient_id' as patient_id"
  )
}}
