{# The macros of cht_pipeline under the name of the package of medic/cht-pipeline v2. #}

{#- Tells that this is not that package. -#}
{% macro stands_in() %}{% endmacro %}

{% macro cht_form_model() %}
  {% do return(cht_pipeline.cht_form_model(*varargs, **kwargs)) %}
{% endmacro %}

{% macro cht_form_multi() %}
  {% do return(cht_pipeline.cht_form_multi(*varargs, **kwargs)) %}
{% endmacro %}

{% macro cht_contact_model() %}
  {% do return(cht_pipeline.cht_contact_model(*varargs, **kwargs)) %}
{% endmacro %}

{% macro data_record_columns() %}
  {% do return(cht_pipeline.data_record_columns(*varargs, **kwargs)) %}
{% endmacro %}

{% macro data_record_indexes() %}
  {% do return(cht_pipeline.data_record_indexes(*varargs, **kwargs)) %}
{% endmacro %}

{% macro data_record_join() %}
  {% do return(cht_pipeline.data_record_join(*varargs, **kwargs)) %}
{% endmacro %}

{% macro contact_columns() %}
  {% do return(cht_pipeline.contact_columns(*varargs, **kwargs)) %}
{% endmacro %}

{% macro contact_indexes() %}
  {% do return(cht_pipeline.contact_indexes(*varargs, **kwargs)) %}
{% endmacro %}

{% macro batch_incremental() %}
  {% do return(cht_pipeline.batch_incremental(*varargs, **kwargs)) %}
{% endmacro %}

{% macro max_existing() %}
  {% do return(cht_pipeline.max_existing(*varargs, **kwargs)) %}
{% endmacro %}

{% macro max_existing_timestamp() %}
  {% do return(cht_pipeline.max_existing_timestamp(*varargs, **kwargs)) %}
{% endmacro %}

{% macro max_existing_date() %}
  {% do return(cht_pipeline.max_existing_date(*varargs, **kwargs)) %}
{% endmacro %}

{% macro log_dbt_results() %}
  {% do return(cht_pipeline.log_dbt_results(*varargs, **kwargs)) %}
{% endmacro %}
