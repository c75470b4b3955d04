{#- The instruments that claimed loads listed. -#}
{% macro changed_instruments_sql() -%}
    select distinct
        exchange_id,
        symbol
    from {{ ref('stg_exchange__instruments') }}
    where load_id = any({{ claimed_loads() }})
{%- endmacro %}
