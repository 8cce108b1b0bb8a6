{{ cht_pipeline.cht_contact_model('household', [{'id': 'area', 'table': 'area'}], 'area.district_name') }}
