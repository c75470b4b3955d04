{#- Evidence grades in order, for comparing: provisional is the lowest. -#}
{% macro evidence_rank(grade) -%}
    array_position(array['provisional', 'closed', 'confirmed', 'sealed'], {{ grade }})
{%- endmacro %}
