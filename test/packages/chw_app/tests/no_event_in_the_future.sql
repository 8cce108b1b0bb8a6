SELECT uuid FROM {{ ref('vital_event') }} WHERE event_date > date '2030-01-01'
