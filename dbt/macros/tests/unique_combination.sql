{#- No two rows have the same values in these columns, and none of them is null. -#}
{% test unique_combination(model, columns) -%}
    select
        {{ columns | join(', ') }},
        count(*) as rows_count
    from {{ model }}
    group by
        {{ columns | join(', ') }}
    having
        count(*) > 1
        {%- for column in columns %}
        or bool_or({{ column }} is null)
        {%- endfor %}
{%- endtest %}
