{#-
What was paid for a candle, in the quote asset: the venue's quote volume, or else its vwap by
its volume. Null where there is neither.
-#}
{% macro paid(quote_volume, vwap, base_volume) -%}
    coalesce(
        {{ quote_volume }},
        case when {{ base_volume }} = 0 then 0 else {{ vwap }} * {{ base_volume }} end
    )
{%- endmacro %}
