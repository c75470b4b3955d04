{#-
The values that a venue's candle gives too, each with the condition that it differs from
what was rebuilt from trades. A venue rounds what was paid for each trade; where it does
not say the trade's own, price by amount is compared to within one rounding a trade; and
so is the base of contracts that settle in it, which are counted in their quote.
-#}
{% macro differing_values() -%}
    {%- set given = ['open', 'high', 'low', 'close'] -%}
    {%- set summed = {
        'base_volume': 'base', 'taker_buy_base': 'base',
        'quote_volume': 'paid', 'taker_buy_quote': 'paid',
    } -%}
    {%- set found = [] -%}
    {%- for name in given -%}
        {%- do found.append({'name': name, 'differs': 'candle_' ~ name ~ ' != ' ~ name}) -%}
    {%- endfor -%}
    {%- for name, of in summed.items() -%}
        {%- do found.append({
            'name': name,
            'differs': 'abs(candle_' ~ name ~ ' - ' ~ name ~ ') > ' ~ of ~ '_tolerance',
        }) -%}
    {%- endfor -%}
    {{ return(found) }}
{%- endmacro %}
