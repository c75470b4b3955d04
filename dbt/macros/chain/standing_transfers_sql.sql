{#-
What the logs of the blocks that a CTE names tell of tokens, with `flaw`: why one is no
transfer. Where two logs of a block have one index, neither can be told from the other.
-#}
{% macro standing_transfers_sql(transfers, blocks, logs) -%}
    select
        transfers.*,
        case
            when
                not transfers.has_unique_log_indexes
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
    from
        {{ rows_of_readings(
            transfers,
            blocks,
            request='receipt_request_id',
            columns=['block_at', 'has_unique_log_indexes'],
        ) }} as transfers
{%- endmacro %}
