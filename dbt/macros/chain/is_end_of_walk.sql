{#-
Whether a walk down from the head may end at a row of `blocks`: all below a final block is
final, and what is stored as linked to the head is so down to its end, unless its chain is
among those that were overruled.
-#}
{% macro is_end_of_walk(blocks, finals, overruled_chains) -%}
    (
        exists (
            select 1
            from {{ finals }} as final_blocks
            where
                final_blocks.chain_id = {{ blocks }}.chain_id
                and final_blocks.block_hash = {{ blocks }}.block_hash
        )
        {%- if reads_claims_only() %}
        or exists (
            select 1
            from {{ this }} as stored
            where
                stored.chain_id = {{ blocks }}.chain_id
                and stored.block_hash = {{ blocks }}.block_hash
                and stored.is_linked
                and stored.chain_id not in (select chain_id from {{ overruled_chains }})
        )
        {%- endif %}
    )
{%- endmacro %}
