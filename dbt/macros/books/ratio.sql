{#-
A quotient to 36 decimals, null where nothing is divided by. Postgres gives it as many as what
is divided has, and else 16 digits, of which the difference of two prices leaves few.
-#}
{% macro ratio(divided, by) -%}
    (round({{ divided }}, 36) / nullif({{ by }}, 0))
{%- endmacro %}
