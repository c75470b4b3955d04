{#-
A pre-hook: rows are joined by hash, and by look-ups where a query names them one by one. Where
columns name rows together the planner takes them for independent and expects one row. By
hash, load and request its loops took 64 s for 2,000 blocks, and did not end for 100,000; by
source and item, 100 s for 20,000 posts. The merge that follows has loops again.
-#}
{% macro no_nested_loops() -%}
    set local enable_nestloop = off
{%- endmacro %}
