{#- A chain has one block of a number, and each stands on the one before it. -#}
{% test one_canonical_block(model) -%}
    select
        blocks.chain_id,
        blocks.block_number
    from {{ model }} as blocks
    left join {{ model }} as others
        on
            blocks.chain_id = others.chain_id
            and (
                (
                    blocks.block_number = others.block_number
                    and blocks.block_hash != others.block_hash
                )
                or (
                    blocks.block_number - 1 = others.block_number
                    and blocks.parent_hash != others.block_hash
                )
            )
            and others.is_canonical
    where
        blocks.is_canonical
        and others.block_hash is not null
{%- endtest %}
