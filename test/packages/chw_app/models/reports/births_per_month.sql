SELECT month, events, target FROM {{ ref('events_per_month') }} WHERE event = 'birth'
