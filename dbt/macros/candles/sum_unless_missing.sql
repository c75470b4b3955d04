{#- A sum that is null if any part is null: what a venue did not give is not zero. -#}
{% macro sum_unless_missing(column) -%}
    case when count({{ column }}) = count(*) then sum({{ column }}) end
{%- endmacro %}
