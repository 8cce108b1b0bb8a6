{{
  cht_form_multi([
    {'form_name': 'visit', 'form_columns': "couchdb.doc #>> '{fields,weight}' as weight"},
    {'form_name': 'birth', 'form_columns': "couchdb.doc #>> '{fields,born}' as weight"},
  ])
}}
