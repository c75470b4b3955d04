{#- A relation whose rows are all of one feed, with the column that says so. -#}
{% macro of_feed(relation, feed) -%}
    (select *, '{{ feed }}' as feed from {{ relation }})
{%- endmacro %}
