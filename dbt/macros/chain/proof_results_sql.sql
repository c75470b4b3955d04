{#-
What the proofs of a reading come to, by chain, block and request. A proof may be made again
later, of the same rows: the last that came to an end counts. The link to the parent is left
out: silver follows the hashes itself.

`proof_level` is `failed`; `unproven` for want of something; `partial` where the chain's
roots are not declared; `standard`; `full` with the senders.
-#}
{% macro proof_results_sql(proofs) -%}
    with

    proved as (

        select distinct on (chain_id, block_hash, request_id, proof)
            chain_id,
            block_hash,
            request_id,
            proof,
            result,
            proof || ': ' || reason as explanation,
            proof in ('header_hash', 'transactions_root', 'receipts_root') as is_root
        from {{ proofs }} as proofs
        where
            proof != 'parent_link'
            and load_id in ({{ finished_loads('bronze_evm') }})
        order by
            chain_id,
            block_hash,
            request_id,
            proof,
            result in ('failed', 'passed') desc,
            result = 'unproven' desc,
            received_at desc,
            result,
            reason

    ),

    counted as (

        select
            chain_id,
            block_hash,
            request_id,
            count(*) filter (where result = 'failed') as failed_count,
            count(*) filter (where result = 'passed') as passed_count,
            bool_or(result = 'unproven') as is_unproven,
            count(*) filter (where result = 'passed' and is_root) = 3 as has_roots,
            bool_or(result = 'passed' and proof = 'sender') as has_senders,
            string_agg(explanation, '; ' order by proof) filter (where result = 'failed')
                as failures,
            string_agg(explanation, '; ' order by proof) filter (where result = 'unproven')
                as wants,
            string_agg(explanation, '; ' order by proof) filter (
                where result = 'not_applicable' and is_root
            ) as exemptions
        from proved
        group by
            chain_id,
            block_hash,
            request_id

    )

    select
        chain_id,
        block_hash,
        request_id,
        failed_count,
        passed_count,
        case
            when failed_count > 0 then 'failed'
            when is_unproven then 'unproven'
            when not has_roots then 'partial'
            when has_senders then 'full'
            else 'standard'
        end as proof_level,
        case
            when failed_count > 0 then failures
            when is_unproven then wants
            when not has_roots then coalesce(exemptions, 'roots were not proved')
        end as proof_reason
    from counted
{%- endmacro %}
