{#-
A quantity that receipts of rollups have beside Ethereum's, or what else `pattern` says; null
where it is none: https://docs.optimism.io/stack/transactions/fees
-#}
{% macro receipt_field(name, pattern='0x[0-9a-fA-F]{1,64}') -%}
    substring(receipt_extra_fields::json ->> '{{ name }}' from '^{{ pattern }}$')::numeric
{%- endmacro %}
