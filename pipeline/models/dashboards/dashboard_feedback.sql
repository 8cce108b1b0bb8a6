select
  feedback.uuid,
  {{ cht_pipeline.timestamp_of('feedback.period_start') }} as reported,
  feedback.source,
  feedback.user_name,
  substring(feedback.url from '#/([^?#]*)') as page,
  left(feedback.message, 300) as message,
  left(coalesce(feedback.cause, feedback.message), 300) as cause,
  app_user.health_worker,
  app_user.area,
  app_user.health_centre,
  app_user.district,
  feedback.instance
from {{ ref('feedback') }} as feedback
left join {{ ref('dashboard_user') }} as app_user
  on app_user.user_name = feedback.user_name and app_user.instance = coalesce(feedback.instance, '')
