{{ cht_contact_model('hut', [{'id': 'area', 'table': 'contact'}], "couchdb.doc ->> 'muted' as muted_text, contact.muted") }}
