{#-
What the logs of canonical blocks tell of tokens, as the standing reading of each block has
them, with `flaw`: why one is no transfer. `blocks` are rows of `int_blocks_canonical`.
Where two logs of a block have one index, neither can be told from the other.

Of claimed blocks each is looked up by index: without `offset 0` it becomes a join over all
history, as it should where all is read.
-#}
{% macro standing_transfers_sql(blocks, readings, transfers, logs) -%}
    select
        told.*,
        blocks.block_at
    from {{ blocks }} as blocks
    cross join
        lateral (
            select
                transfers.*,
                case
                    when
                        not readings.has_unique_log_indexes
                        and exists (
                            select 1
                            from {{ logs }} as others
                            where
                                others.chain_id = transfers.chain_id
                                and others.block_hash = transfers.block_hash
                                and others.load_id = transfers.load_id
                                and others.request_id = transfers.request_id
                                and others.log_index = transfers.log_index
                                and (others.delivery_file, others.delivery_row)
                                != (transfers.delivery_file, transfers.delivery_row)
                        )
                        then 'another log of its block has the same index'
                    else transfers.reason
                end as flaw
            from {{ readings }} as readings
            inner join {{ transfers }} as transfers
                on
                    readings.chain_id = transfers.chain_id
                    and readings.block_hash = transfers.block_hash
                    and readings.load_id = transfers.load_id
                    and coalesce(readings.receipt_request_id, readings.request_id)
                    = transfers.request_id
            where
                readings.chain_id = blocks.chain_id
                and readings.block_hash = blocks.block_hash
            {%- if reads_claims_only() %}
            order by transfers.log_index
            offset 0
            {%- endif %}
        ) as told
    where blocks.is_canonical
{%- endmacro %}
