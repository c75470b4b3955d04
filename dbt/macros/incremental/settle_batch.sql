{#- The post-hook, in the same transaction: a run that changed no row leaves no batch. -#}
{% macro settle_batch() -%}
    {%- if execute and not carries_batches(model) -%}
        {{ return('select 1') }}
    {%- endif -%}
    delete from ops.batches as batches
    where
        batches.batch_id = {{ own_batch() }}
        and not exists (
            select 1
            from {{ this }} as changed
            where changed.changed_in = {{ own_batch() }}
        )
{%- endmacro %}
