{#- The series' days of which a minute's account, candle or proof changed. -#}
{% macro changed_completeness_days_sql() -%}
    {% for model, time in [
        ('int_minutes_accounted', 'hour_at'),
        ('int_minutes_unasked', 'hour_at'),
        ('int_candles_chosen', 'opened_at'),
        ('fct_candle_proofs', 'opened_at'),
    ] -%}
    select
        exchange_id,
        symbol,
        ({{ time }} at time zone 'UTC')::date as opened_date
    from {{ ref(model) }}
    where changed_in = any({{ claimed_batches() }})
    {% if not loop.last %}union
    {% endif -%}
    {%- endfor %}
{%- endmacro %}
