{#-
When the moves of heads were seen that claims changed, or whose branches have a block of which
another reading stands now.
-#}
{% macro changed_reorgs_sql(followed, read) -%}
    {{ touched_units(batches={followed: 'seen_at'}) }}
    union
    select
        stored.chain_id,
        stored.seen_at
    from {{ read }} as changed
    inner join {{ this }} as stored
        on
            changed.chain_id = stored.chain_id
            and (
                stored.dropped_blocks @> array[chain.hex(changed.block_hash)]
                or stored.added_blocks @> array[chain.hex(changed.block_hash)]
            )
    where changed.changed_in = any({{ claimed_batches() }})
{%- endmacro %}
