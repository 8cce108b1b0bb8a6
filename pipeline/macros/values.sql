{#
  Values of documents, which may hold anything, as what they should be.

  Each macro is given an SQL expression of type text and gives an expression that is NULL where the text makes no sense. None
  raises an error, and none depends on the session's DateStyle or TimeZone. What they make is plain SQL, for it runs over
  millions of documents: a microsecond a number, two a date, five a time. Patterns capture nothing and repeat nothing up to
  some count, which would take ten times as long; lengths are asked for instead.
#}

{#- A number of less than 100 characters and an exponent of up to two digits: double precision can hold it, too. -#}
{% macro number_of(text) -%}
  {{ cht_pipeline.read_once(text, "case when length($value) < 100 and $value ~ '^\s*[-+]?(?:[0-9]+(?:[.][0-9]*)?|[.][0-9]+)(?:[eE][-+]?[0-9][0-9]?)?\s*$' then $value::numeric end") }}
{%- endmacro %}

{#- A whole number of up to 18 characters; `5.0` is one. -#}
{% macro integer_of(text) -%}
  {{ cht_pipeline.read_once(text, "case when length($value) <= 18 and $value ~ '^\s*[-+]?[0-9]+(?:[.]0*)?\s*$' then $value::numeric::bigint end") }}
{%- endmacro %}

{#- Besides `true` and `false`, the words that forms write. -#}
{% macro boolean_of(text) -%}
  {{ cht_pipeline.read_once(text, "case when length($value) < 100 and $value ~ '(?i)^\s*(?:true|false|yes|no|t|f|y|n|1|0)\s*$' then $value::boolean end") }}
{%- endmacro %}

{#- Milliseconds since 1970 as a timestamp, up to the year 2286: what is beyond is microseconds, most likely. -#}
{% macro timestamp_of_epoch(text) -%}
  {{ cht_pipeline.read_once(text, "case when length($value) < 100 and $value ~ '^\s*-?[0-9]+(?:[.][0-9]+)?\s*$' and abs($value::numeric) < 1e13 then to_timestamp($value::numeric / 1000) end") }}
{%- endmacro %}

{#- A date, or a date and a time, in the form of ISO 8601 (`T` may be a space). Without a zone it is UTC. -#}
{% macro timestamp_of(text) -%}
  {%- set time = cht_pipeline.date_pattern() ~ '[T ]' ~ cht_pipeline.time_pattern() -%}
  {%- set expression -%}
    case
      when length($value) >= 100 then null
      when $value ~ '^\s*{{ time }} ?{{ cht_pipeline.zone_pattern() }}\s*$' then $value::timestamptz
      when $value ~ '^\s*(?:{{ time }}|{{ cht_pipeline.date_pattern() }})\s*$' then $value::timestamp at time zone 'UTC'
    end
  {%- endset -%}
  {{ cht_pipeline.read_once(text, expression) }}
{%- endmacro %}

{#- The date as it is written: of a time with a zone, the date in that zone. -#}
{% macro date_of(text) -%}
  {%- set time = '[T ]' ~ cht_pipeline.time_pattern() ~ '(?: ?' ~ cht_pipeline.zone_pattern() ~ ')?' -%}
  {%- set expression -%}
    case
      when length($value) < 100 and $value ~ '^\s*{{ cht_pipeline.date_pattern() }}(?:{{ time }})?\s*$'
      then left(ltrim($value, e' \t\n\v\f\r'), 10)::date
    end
  {%- endset -%}
  {{ cht_pipeline.read_once(text, expression) }}
{%- endmacro %}

{#- Text that can stand in an index: a row of a B-tree holds no more than 2,704 bytes. -#}
{% macro key_of(text) -%}
  {{ cht_pipeline.read_once(text, 'case when octet_length($value) <= 2000 then $value end') }}
{%- endmacro %}

{#-
  The condition that there is a value, and that it makes no sense.

  kind: `number`, `integer`, `boolean`, `epoch` (milliseconds), `timestamp`, `date`, `key`, or `object`: the text of JSON that
  should be an object
-#}
{% macro is_malformed(kind, text) -%}
  {%- set values = {
    'number': cht_pipeline.number_of,
    'integer': cht_pipeline.integer_of,
    'boolean': cht_pipeline.boolean_of,
    'epoch': cht_pipeline.timestamp_of_epoch,
    'timestamp': cht_pipeline.timestamp_of,
    'date': cht_pipeline.date_of,
    'key': cht_pipeline.key_of,
  } -%}
  {%- if kind == 'object' -%}
    {{ cht_pipeline.read_once(text, "coalesce($value ~ '^\s*[^\s{]', false)") }}
  {%- elif kind in values -%}
    {{ cht_pipeline.read_once(text, "coalesce((" ~ values[kind]('$value') ~ ") is null and $value ~ '\S', false)") }}
  {%- else -%}
    {%- do exceptions.raise_compiler_error('is_malformed: there is no kind of value ' ~ kind) -%}
  {%- endif -%}
{%- endmacro %}

{#-
  An expression in which `$value` stands for a text. A text that is more than a column is read in a query of its own:
  PostgreSQL would unpack the whole document again for each `doc #>> '{a}'`.
-#}
{% macro read_once(text, expression) -%}
  {%- if modules.re.match('[\w.$]+$', text | trim) -%}
    {{ expression | replace('$value', text | trim) }}
  {%- else -%}
    (select {{ expression | replace('$value', 'read.value') }} from (select {{ text }} as value offset 0) as read)
  {%- endif -%}
{%- endmacro %}

{#- The days that there are in the years 1000 to 9999. -#}
{% macro date_pattern() -%}
  (?:[1-9][0-9]{3}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)|02-(?:0[1-9]|1[0-9]|2[0-8]))
  {#- 29 February: of years that four divides, but of full centuries only where 400 divides them. -#}
  |(?:[1-9][0-9](?:0[48]|[2468][048]|[13579][26])|(?:[2468][048]|[13579][26])00)-02-29)
{%- endmacro %}

{% macro time_pattern() -%}
  (?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:[.][0-9]+)?)?
{%- endmacro %}

{% macro zone_pattern() -%}
  (?:Z|[-+](?:0[0-9]|1[0-4])(?::?[0-5][0-9])?)
{%- endmacro %}
