{#-
Longer than that is no interval of funding on the venues that are read: Binance's are 8, 4
and 1 hours, https://www.binance.com/en/support/faq/detail/360033525031.
-#}
{% macro longest_funding_minutes() -%}
    480
{%- endmacro %}
