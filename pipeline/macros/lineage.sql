{# Which models are built from which, and what their changes are told by. #}

{#- The keys of the models with a watermark that `node` is built from, the farthest first. -#}
{% macro ancestors(node) %}
  {% set found = [] %}
  {% do cht_pipeline.collect_ancestors(node, found, []) %}
  {% do return(found) %}
{% endmacro %}

{% macro collect_ancestors(node, found, visited) %}
  {% for id in node.depends_on.nodes if id in graph.nodes and id not in visited %}
    {% set parent = graph.nodes[id] %}
    {% do visited.append(id) %}
    {% do cht_pipeline.collect_ancestors(parent, found, visited) %}
    {% if cht_pipeline.has_watermark(parent) %}
      {% do found.append(cht_pipeline.watermark_key(parent)) %}
    {% endif %}
  {% endfor %}
{% endmacro %}

{#- The keys of the models with a watermark that are built from `node`, directly or not. -#}
{% macro descendants(node) %}
  {% set found = [] %}
  {% set key = cht_pipeline.watermark_key(node) %}
  {% for other in graph.nodes.values() if cht_pipeline.has_watermark(other) and key in cht_pipeline.ancestors(other) %}
    {% do found.append(cht_pipeline.watermark_key(other)) %}
  {% endfor %}
  {% do return(found) %}
{% endmacro %}

{#- The table and its key column whose changed rows are a model's changes; see `changes` in a model's meta. -#}
{% macro feed(node) %}
  {% set name = node.config.get('meta', {}).get('changes') %}
  {% if not name %}
    {% do return(none) %}
  {% elif name == 'couchdb' %}
    {% do return({'relation': source('couchdb', env_var('POSTGRES_TABLE', 'couchdb')), 'key': '_id', 'is_model': false}) %}
  {% else %}
    {% do return({'relation': ref(name), 'key': 'uuid', 'is_model': true}) %}
  {% endif %}
{% endmacro %}
