{{ config(materialized = 'table') }}

SELECT date_trunc('month', event_date)::date AS month, event, count(*) AS events, max(target.target) AS target
FROM {{ ref('vital_event') }} vital_event
LEFT JOIN {{ ref('event_target') }} target USING (event)
GROUP BY 1, 2
