{#- The materialization `raw_sql`: runs the text of the model as it is. It makes what it makes; dbt keeps no table for it. -#}
{% materialization raw_sql, default %}
  {{ run_hooks(pre_hooks, inside_transaction=False) }}
  {{ run_hooks(pre_hooks, inside_transaction=True) }}
  {% call statement('main') %}
    {{ sql }}
  {% endcall %}
  {{ run_hooks(post_hooks, inside_transaction=True) }}
  {% do adapter.commit() %}
  {{ run_hooks(post_hooks, inside_transaction=False) }}
  {% do return({'relations': []}) %}
{% endmaterialization %}
