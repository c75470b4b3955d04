{#- What names a candle rebuilt from trades: its first and its last trade. -#}
{% macro trades_reading_id(rebuilt) -%}
    case
        when {{ rebuilt }}.evidence_grade is not null
            then
                coalesce(
                    {{ rebuilt }}.first_trade_id || '-' || {{ rebuilt }}.last_trade_id,
                    'unnumbered'
                )
    end
{%- endmacro %}
