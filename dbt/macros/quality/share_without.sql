{#- The share of `whole` that is left without `part`; null of nothing. -#}
{% macro share_without(whole, part) -%}
    (greatest({{ whole }} - {{ part }}, 0) / nullif({{ whole }}, 0)::numeric)
{%- endmacro %}
