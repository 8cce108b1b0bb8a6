{#
  dbt looks for a macro that is called without the name of its package in the package that calls it and in the project that
  is run: this one. So packages that call the macros of medic/cht-pipeline v2 without its name find them here. They are those
  of whatever package has that name: the one of v2 itself, a fork, or the one that hands them on to cht_pipeline.
#}

{% macro cht_form_model() %}
  {% do return(cht_pipeline_base.cht_form_model(*varargs, **kwargs)) %}
{% endmacro %}

{% macro cht_form_multi() %}
  {% do return(cht_pipeline_base.cht_form_multi(*varargs, **kwargs)) %}
{% endmacro %}

{% macro cht_contact_model() %}
  {% do return(cht_pipeline_base.cht_contact_model(*varargs, **kwargs)) %}
{% endmacro %}

{% macro data_record_columns() %}
  {% do return(cht_pipeline_base.data_record_columns(*varargs, **kwargs)) %}
{% endmacro %}

{% macro data_record_indexes() %}
  {% do return(cht_pipeline_base.data_record_indexes(*varargs, **kwargs)) %}
{% endmacro %}

{% macro data_record_join() %}
  {% do return(cht_pipeline_base.data_record_join(*varargs, **kwargs)) %}
{% endmacro %}

{% macro contact_columns() %}
  {% do return(cht_pipeline_base.contact_columns(*varargs, **kwargs)) %}
{% endmacro %}

{% macro contact_indexes() %}
  {% do return(cht_pipeline_base.contact_indexes(*varargs, **kwargs)) %}
{% endmacro %}

{% macro batch_incremental() %}
  {% do return(cht_pipeline_base.batch_incremental(*varargs, **kwargs)) %}
{% endmacro %}

{% macro max_existing() %}
  {% do return(cht_pipeline_base.max_existing(*varargs, **kwargs)) %}
{% endmacro %}

{% macro max_existing_timestamp() %}
  {% do return(cht_pipeline_base.max_existing_timestamp(*varargs, **kwargs)) %}
{% endmacro %}

{% macro max_existing_date() %}
  {% do return(cht_pipeline_base.max_existing_date(*varargs, **kwargs)) %}
{% endmacro %}

{% macro log_dbt_results() %}
  {% do return(cht_pipeline_base.log_dbt_results(*varargs, **kwargs)) %}
{% endmacro %}

{#- dbt looks for the strategy of an incremental model as for any macro. -#}
{% macro get_incremental_upsert_sql(arguments) %}
  {% do return(cht_pipeline.get_incremental_upsert_sql(arguments)) %}
{% endmacro %}

{#- Models that are called for from the package of medic/cht-pipeline v2 are those of cht_pipeline where that stands in. -#}
{% macro ref() %}
  {% if varargs | length == 2 and varargs[0] == 'cht_pipeline_base' and cht_pipeline_base.stands_in is defined %}
    {% do return(builtins.ref('cht_pipeline', varargs[1], **kwargs)) %}
  {% endif %}
  {% do return(builtins.ref(*varargs, **kwargs)) %}
{% endmacro %}
