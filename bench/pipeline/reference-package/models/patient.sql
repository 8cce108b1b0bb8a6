{{ config(indexes=[{'columns': ['uuid']}, {'columns': ['saved_timestamp']}, {'columns': ['patient_id']}]) }}

select person.uuid, person.saved_timestamp, person.patient_id
from {{ ref('person') }} as person
where person.patient_id <> ''
  and {{ since_last_time('person.saved_timestamp') }}
