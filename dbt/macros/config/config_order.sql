{#-
The order of a config table's changes: effective LSN, what a snapshot implies before what
was sent, what it read before what changed it, LSN, the position in the transaction, the
offset.
-#}
{% macro config_order() -%}
    effective_lsn, is_inferred desc, op = 'r' desc, lsn, transaction_position nulls first,
    topic_offset nulls first
{%- endmacro %}
