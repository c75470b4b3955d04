{#- The claimed batches of upstream models. -#}
{% macro claimed_batches() -%}
    current_setting('bullion.claimed_batches')::bigint []
{%- endmacro %}
