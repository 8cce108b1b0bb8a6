{% macro yes_no(value) %}
  CASE lower({{ value }}) WHEN 'yes' THEN true WHEN 'no' THEN false END
{% endmacro %}
