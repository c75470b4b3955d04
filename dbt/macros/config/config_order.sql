{#-
The order of a config table's changes: LSN, what a snapshot implies before what was sent,
the position in the transaction, the offset.
-#}
{% macro config_order() -%}
    lsn, is_inferred desc, transaction_position nulls first, topic_offset nulls first
{%- endmacro %}
