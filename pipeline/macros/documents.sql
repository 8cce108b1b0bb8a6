{# What the models read out of documents. #}

{#-
  Milliseconds since 1970 as a timestamp. What is no number, or beyond the year 2286 (microseconds, most likely), is NULL.
-#}
{% macro timestamp_of_epoch(text) -%}
  case when {{ text }} ~ '^-?[0-9]{1,13}([.][0-9]+)?$' then to_timestamp({{ text }}::numeric / 1000) end
{%- endmacro %}

{#- The condition that a document is the settings of a CHT: of a second source, they stand under `settings@<source>`. -#}
{% macro is_settings(uuid) -%}
  ({{ uuid }} = 'settings' or {{ uuid }} like 'settings@%')
{%- endmacro %}
