{#- The UTC days of series, with so many before and after each: what reaches further than a day. -#}
{% macro days_around_sql(days, before, after) -%}
    select distinct
        days.exchange_id,
        days.symbol,
        days.answered_date + steps.step as answered_date
    from {{ days }} as days
    cross join generate_series(-{{ before }}, {{ after }}) as steps (step)
{%- endmacro %}
