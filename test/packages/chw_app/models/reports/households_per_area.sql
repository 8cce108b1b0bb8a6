{{ config(materialized = 'view') }}

SELECT area.uuid AS area, area.name, count(household.uuid) AS households
FROM {{ ref('area') }} area
LEFT JOIN {{ ref('household') }} household ON household.area = area.uuid
GROUP BY area.uuid, area.name
