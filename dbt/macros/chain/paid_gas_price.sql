{#-
What a transaction paid for a unit of gas. Where a receipt of before London has no such field
it is the transaction's own, and a node gives that of a later one so, too:
https://ethereum.github.io/execution-apis
-#}
{% macro paid_gas_price() -%}
    coalesce(receipt_effective_gas_price, gas_price)
{%- endmacro %}
