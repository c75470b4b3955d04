{#- Bodies as a source of texts answered with them, of the CTE `source`. -#}
{% macro staged_answers_sql(source_name) -%}
    select
        '{{ source_name }}' as source,
        answer_id::text as answer_id,
        fetch_id::text as fetch_id,
        page_number,
        endpoint::text as endpoint,
        subject::text as subject,
        status,
        outcome::text as outcome,
        items_count,
        refused_count,
        newest_at,
        origin::text as origin,
        origin like '%#%' as is_of_archive,
        received_at,
        _dlt_load_id::text as load_id,
        delivery_file::text as delivery_file,
        delivery_row
    from source
{%- endmacro %}
