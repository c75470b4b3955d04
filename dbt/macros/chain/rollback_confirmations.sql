{#-
How often in a row an endpoint has to name a lower head before it is believed; `chains` is
the seed's row of a chain, or none.
-#}
{% macro rollback_confirmations(chains) -%}
    coalesce({{ chains }}.rollback_confirmations, {{ var('rollback_confirmations') }})
{%- endmacro %}
