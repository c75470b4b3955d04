{#-
The changes of a config table with their time: when they were committed, or else when
the snapshot that told them was read, or else when we received them.
-#}
{% macro timed_config_changes(name) -%}
    select
        *,
        coalesce(
            committed_at,
            min(committed_at) filter (where op = 'r') over (partition by lsn),
            received_at
        ) as known_at
    from {{ ref('stg_config__' ~ name) }}
{%- endmacro %}
