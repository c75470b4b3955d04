{#- Whether a node claims batches: ours by strategy, unless it recomputes everything. -#}
{% macro is_driven(node) -%}
    {{ return(
        node.resource_type == 'model'
        and node.config.get('incremental_strategy') == 'differences'
        and node.config.meta.get('recomputes') != 'everything'
    ) }}
{%- endmacro %}
