{#- Whether a node's rows name the batch that changed them. A view among such models has
    none, and their hooks do nothing for it. -#}
{% macro carries_batches(node) -%}
    {{ return(
        node.resource_type == 'model'
        and node.config.materialized == 'incremental'
        and node.config.get('incremental_strategy') == 'differences'
    ) }}
{%- endmacro %}
