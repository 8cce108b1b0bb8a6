{% macro since_last_time(column) %}
  {% if is_incremental() %}{{ column }} >= (select coalesce(max(saved_timestamp), '-infinity') from {{ this }}){% else %}true{% endif %}
{% endmacro %}
