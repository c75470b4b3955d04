{#-
A pre-hook: rows are joined by hash, and by look-ups where a query names them one by one. Hash,
load and request name a block's rows together, the planner takes them for independent and
expects one row: its loops took 64 s for 2,000 blocks, and did not end for 100,000.
-#}
{% macro no_nested_loops() -%}
    set local enable_nestloop = off
{%- endmacro %}
