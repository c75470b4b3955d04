{#- Rows of bronze that files of the archive brought, typed; `at` names their time. -#}
{% macro staged_file_rows_sql(at, columns) -%}
    select
        exchange_id::text as exchange_id,
        symbol::text as symbol,
        {{ at }}_ms,
        to_timestamp({{ at }}_ms / 1000.0) as {{ at }},
        {%- for column in columns %}
        {{ column }},
        {%- endfor %}
        file_id::text as file_id,
        line_number,
        _dlt_load_id::text as load_id,
        delivery_file::text as delivery_file,
        delivery_row
    from source
{%- endmacro %}
