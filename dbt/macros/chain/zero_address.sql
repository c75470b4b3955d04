{#- Nobody: tokens that come to be are sent from it, those that cease to be to it. -#}
{% macro zero_address() -%}
    '\x0000000000000000000000000000000000000000'::bytea
{%- endmacro %}
