{{ cht_pipeline.cht_contact_model('area', [{'id': 'district', 'table': 'contact'}], 'district.name as district_name') }}
