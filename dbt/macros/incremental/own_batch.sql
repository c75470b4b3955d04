{#- The batch of the rows that this run changes. -#}
{% macro own_batch() -%}
    current_setting('bullion.own_batch')::bigint
{%- endmacro %}
