{#-
Whether a walk down from the head may end at a row of `blocks`: what is final is on the
chain with all below it, and so is what the head was linked to before, unless its chain is
among those that are walked anew.
-#}
{% macro is_end_of_walk(blocks, finals, rewalked_chains) -%}
    (
        exists (
            select 1
            from {{ finals }} as final_blocks
            where
                final_blocks.chain_id = {{ blocks }}.chain_id
                and final_blocks.block_hash = {{ blocks }}.block_hash
                and final_blocks.is_told
        )
        {%- if reads_claims_only() %}
        or exists (
            select 1
            from {{ this }} as stored
            left join {{ finals }} as final_blocks
                on
                    stored.chain_id = final_blocks.chain_id
                    and stored.block_hash = final_blocks.block_hash
            where
                stored.chain_id = {{ blocks }}.chain_id
                and stored.block_hash = {{ blocks }}.block_hash
                and stored.is_canonical
                and final_blocks.block_hash is null
                and stored.chain_id not in (select chain_id from {{ rewalked_chains }})
        )
        {%- endif %}
    )
{%- endmacro %}
