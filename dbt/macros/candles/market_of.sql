{#- The market of a unified symbol that has candles, as `market_of` of the venues' routes. -#}
{% macro market_of(symbol) -%}
    case
        when strpos({{ symbol }}, ':') = 0 then 'spot'
        when
            split_part(split_part({{ symbol }}, ':', 2), '-', 1)
            = split_part(split_part({{ symbol }}, ':', 1), '/', 2)
            then 'linear'
        else 'inverse'
    end
{%- endmacro %}
