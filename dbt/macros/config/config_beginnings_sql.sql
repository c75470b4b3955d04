{#-
Since when the configuration's history is heard of, and known: of what a first snapshot found
standing, from its last row on. No row where either table has no history.
-#}
{% macro config_beginnings_sql(changes) -%}
    select
        min(known_at) as heard_from,
        max(known_at) filter (where is_first) as known_from
    from {{ changes }}
    having count(distinct table_name) = 2
{%- endmacro %}
