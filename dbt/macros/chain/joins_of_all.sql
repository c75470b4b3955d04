{#-
A pre-hook of marts of blocks: no nested loops where a run reads everything. Hash, load and
request name a block's rows together, the planner takes them for independent and expects one
row; its loops over 100,000 blocks did not end.
-#}
{% macro joins_of_all() -%}
    {%- if not reads_claims_only() -%}
    set local enable_nestloop = off
    {%- endif -%}
{%- endmacro %}
