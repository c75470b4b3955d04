{#- The load ids of the claimed loads. -#}
{% macro claimed_loads() -%}
    current_setting('bullion.claimed_loads')::text []
{%- endmacro %}
