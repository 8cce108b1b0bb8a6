{# What the models read out of documents. #}

{#- The condition that a document is the settings of a CHT: of a second source, they stand under `settings@<source>`. -#}
{% macro is_settings(uuid) -%}
  ({{ uuid }} = 'settings' or {{ uuid }} like 'settings@%')
{%- endmacro %}

{#- The types of documents that are contacts. -#}
{% macro contact_types() %}
  {% do return(['contact', 'clinic', 'district_hospital', 'health_center', 'person']) %}
{% endmacro %}
