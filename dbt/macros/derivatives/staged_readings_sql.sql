{#- Rows of bronze that an exchange's answers made, typed; `at` names their time. -#}
{% macro staged_readings_sql(at, columns) -%}
    select
        exchange_id::text as exchange_id,
        symbol::text as symbol,
        {{ at }}_ms,
        to_timestamp({{ at }}_ms / 1000.0) as {{ at }},
        {%- for column in columns %}
        {{ column }},
        {%- endfor %}
        venue_now_ms,
        request_id::text as request_id,
        origin::text as origin,
        received_at,
        _dlt_load_id::text as load_id,
        delivery_file::text as delivery_file,
        delivery_row
    from source
{%- endmacro %}
