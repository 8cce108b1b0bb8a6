{{
  config(
    unique_key='id',
    indexes=[
      {'columns': ['id'], 'unique': true},
      {'columns': ['uuid']},
      {'columns': ['saved_timestamp']},
      {'columns': ['model', 'column_name']},
    ],
    meta={
      'changes': 'document_metadata',
      'changes_where': {
        'column': 'doc_type',
        'values': cht_pipeline.contact_types() + [none, 'data_record', 'user-settings', 'feedback', 'telemetry'],
      },
      'changed_by': 'uuid',
      'looks_beside': false,
    },
  )
}}

{% set type = [{'name': 'doc_type', 'value': "couchdb.doc ->> 'type'", 'kind': 'key'}] %}

{% set contact = [
  {'name': 'reported', 'value': 'doc.reported_date', 'kind': 'epoch'},
  {
    'name': 'parent_uuid',
    'value': "doc.parent #>> '{}'",
    'malformed': cht_pipeline.is_malformed_reference('doc.parent', 'part.parent_id'),
  },
  {'name': 'contact_type', 'value': 'doc.contact_type', 'malformed': cht_pipeline.is_malformed_name('doc.contact_type')},
] %}

{% set person = [
  {'name': 'patient_id', 'value': 'doc.patient_id', 'malformed': cht_pipeline.is_malformed_name('doc.patient_id')},
  {'name': 'date_of_birth', 'value': 'doc.date_of_birth', 'kind': 'date'},
] %}

{% set place = [
  {'name': 'place_id', 'value': 'doc.place_id', 'malformed': cht_pipeline.is_malformed_name('doc.place_id')},
  {
    'name': 'contact_id',
    'value': "coalesce(doc.contact_id, doc.contact #>> '{}')",
    'malformed': cht_pipeline.is_malformed_name('part.contact_id')
      ~ ' or doc.contact_id is null and ' ~ cht_pipeline.is_malformed_object('doc.contact'),
  },
] %}

{% set data_record = [
  {'name': 'reported', 'value': 'doc.reported_date', 'kind': 'epoch'},
  {'name': 'form', 'value': 'doc.form', 'malformed': cht_pipeline.is_malformed_name('doc.form')},
  {'name': 'fields', 'value': "doc.fields #>> '{}'", 'malformed': cht_pipeline.is_malformed_object('doc.fields')},
  {'name': 'patient_id', 'value': 'part.patient_id', 'malformed': cht_pipeline.is_malformed_name('part.patient_id')},
  {'name': 'place_id', 'value': 'part.place_id', 'malformed': cht_pipeline.is_malformed_name('part.place_id')},
  {
    'name': 'contact_uuid',
    'value': "doc.contact #>> '{}'",
    'malformed': cht_pipeline.is_malformed_reference('doc.contact', 'part.contact_id'),
  },
  {
    'name': 'parent_uuid',
    'value': "part.parent #>> '{}'",
    'malformed': cht_pipeline.is_malformed_reference('part.parent', 'part.parent_id'),
  },
  {
    'name': 'grandparent_uuid',
    'value': "part.grandparent #>> '{}'",
    'malformed': cht_pipeline.is_malformed_reference('part.grandparent', 'part.grandparent_id'),
  },
] %}

{% set user = [
  {'name': 'contact_uuid', 'value': 'part.contact_id', 'malformed': cht_pipeline.is_malformed_name('part.contact_id')},
] %}

{% set feedback = [
  {'name': 'meta', 'value': "doc.meta #>> '{}'", 'malformed': cht_pipeline.is_malformed_object('doc.meta')},
] %}

{% set period = {
  'name': 'period_start',
  'value': "doc.metadata #>> '{}'",
  'malformed': 'model.period_start is null and (' ~ cht_pipeline.is_malformed_object('doc.metadata')
    ~ " or concat(doc.metadata ->> 'year', doc.metadata ->> 'month', doc.metadata ->> 'day') ~ '\S')",
} %}

{{ cht_pipeline.data_quality_rows('document_metadata', type, condition='model.doc_type is null') }}
union all
{{ cht_pipeline.data_quality_rows(
  'contact',
  contact,
  members='reported_date text, parent jsonb, contact_type text',
  parts={'parent_id': "doc.parent ->> '_id'"},
) }}
union all
{{ cht_pipeline.data_quality_rows('person', person, members='patient_id text, date_of_birth text') }}
union all
{{ cht_pipeline.data_quality_rows(
  'place',
  place,
  members='place_id text, contact_id text, contact jsonb',
  parts={'contact_id': "coalesce(doc.contact_id, doc.contact ->> '_id')"},
) }}
union all
{{ cht_pipeline.data_quality_rows(
  'data_record',
  data_record,
  members='reported_date text, form text, patient_id text, place_id text, contact jsonb, fields jsonb',
  parts={
    'patient_id': "coalesce(doc.patient_id, doc.fields ->> 'patient_id', doc.fields ->> 'patient_uuid')",
    'place_id': "coalesce(doc.place_id, doc.fields ->> 'place_id')",
    'contact_id': "doc.contact ->> '_id'",
    'parent': "doc.contact -> 'parent'",
    'parent_id': "doc.contact #>> '{parent,_id}'",
    'grandparent': "doc.contact #> '{parent,parent}'",
    'grandparent_id': "doc.contact #>> '{parent,parent,_id}'",
  },
) }}
union all
{{ cht_pipeline.data_quality_rows(
  'user',
  user,
  members='contact_id text, facility_id jsonb',
  parts={'contact_id': "coalesce(doc.contact_id, doc.facility_id ->> 0, doc.facility_id #>> '{}')"},
  key='user_id',
) }}
union all
{{ cht_pipeline.data_quality_rows('feedback', feedback, members='meta jsonb') }}
union all
{{ cht_pipeline.data_quality_rows('telemetry', [period], members='metadata jsonb') }}
union all
{{ cht_pipeline.data_quality_rows('telemetry_devices', [period], members='metadata jsonb') }}
