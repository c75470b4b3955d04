{#-
What the proofs of a reading come to, by chain, block and request. A proof may be made again
later, of the same rows: it failed if it ever did, and passed if it ever did otherwise. The
link to the parent is left out: silver follows the hashes itself.

`proof_level` is `failed`; `unproven` for want of something; `partial` where the chain's
roots are not declared; `standard`; `full` with the senders.
-#}
{% macro proof_results_sql(proofs) -%}
    with

    proved as (

        select
            chain_id,
            block_hash,
            request_id,
            proof,
            bool_or(result = 'failed') as has_failed,
            bool_or(result = 'passed') as has_passed,
            bool_or(result = 'unproven') as is_unproven,
            min(proof || ': ' || reason) filter (where result = 'failed') as failure,
            min(proof || ': ' || reason) filter (where result = 'unproven') as want,
            min(proof || ': ' || reason) filter (where result = 'not_applicable') as exemption
        from {{ proofs }} as proofs
        where
            proof != 'parent_link'
            and load_id in ({{ finished_loads('bronze_evm') }})
        group by
            chain_id,
            block_hash,
            request_id,
            proof

    ),

    counted as (

        select
            chain_id,
            block_hash,
            request_id,
            count(*) filter (where has_failed) as failed_count,
            count(*) filter (where has_passed and not has_failed) as passed_count,
            bool_or(is_unproven and not has_passed) as is_unproven,
            count(*) filter (
                where has_passed and proof in ('header_hash', 'transactions_root', 'receipts_root')
            ) = 3 as has_roots,
            coalesce(bool_or(has_passed) filter (where proof = 'sender'), false) as has_senders,
            string_agg(failure, '; ' order by proof) as failures,
            string_agg(want, '; ' order by proof) filter (where not has_passed) as wants,
            string_agg(exemption, '; ' order by proof) filter (
                where proof in ('header_hash', 'transactions_root', 'receipts_root')
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
