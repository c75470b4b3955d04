{#-
The values that a venue's candle gives too, each with the condition that it differs from
what was rebuilt from trades. A venue rounds what was paid for each trade; where it does
not say the trade's own, price by amount is compared to within one rounding a trade.
-#}
{% macro differing_values() -%}
    {%- set given = ['open', 'high', 'low', 'close', 'base_volume', 'taker_buy_base'] -%}
    {%- set paid = ['quote_volume', 'taker_buy_quote'] -%}
    {%- set found = [] -%}
    {%- for name in given -%}
        {%- do found.append({'name': name, 'differs': 'candle_' ~ name ~ ' != ' ~ name}) -%}
    {%- endfor -%}
    {%- for name in paid -%}
        {%- do found.append({
            'name': name,
            'differs': 'abs(candle_' ~ name ~ ' - ' ~ name ~ ') > paid_tolerance',
        }) -%}
    {%- endfor -%}
    {{ return(found) }}
{%- endmacro %}
