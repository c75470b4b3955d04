{#- The name of an evidence rank. -#}
{% macro evidence_grade(rank) -%}
    (array['provisional', 'closed', 'confirmed', 'sealed'])[{{ rank }}]
{%- endmacro %}
