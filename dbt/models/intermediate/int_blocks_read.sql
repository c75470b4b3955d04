{%- set block = ['chain_id', 'block_hash'] -%}
{%- set reading = block + ['load_id', 'request_id'] -%}
{{ config(
    unique_key=block,
    pre_hook="{{ no_nested_loops() }}",
    meta={'lookups': ['stg_evm__heads']},
    indexes=[
        {'columns': block, 'unique': true},
        {'columns': ['chain_id', 'block_number']},
        {'columns': ['chain_id', 'parent_hash']},
        {'columns': ['changed_in']},
    ],
) }}

with

touched as (

    {{ touched_units(block, loads={
        ref('stg_evm__blocks'): 'block_hash',
        ref('stg_evm__proofs'): 'block_hash',
    }) }}

),

headers as (

    select *
    from {{ rows_of(ref('stg_evm__blocks'), block) }} as parts
    where
        load_id in ({{ finished_loads('bronze_evm') }})
        and block_at is not null

),

load_ends as (

    {{ load_ends_sql('headers', ref('stg_evm__heads')) }}

),

transactions as (

    select
        {{ reading | join(',\n        ') }},
        count(*) as transactions_count,
        max(receipt_request_id) as receipt_request_id,
        sum(receipt_gas_used * {{ paid_gas_price() }}) as fees_raw
    from {{ rows_of(ref('stg_evm__transactions'), block) }} as parts
    group by {{ reading | join(', ') }}

),

logs as (

    select
        {{ reading | join(',\n        ') }},
        count(*) as logs_count,
        count(distinct log_index) as log_indexes_count
    from {{ rows_of(ref('stg_evm__logs'), block) }} as parts
    group by {{ reading | join(', ') }}

),

results as (

    {{ proof_results_sql(rows_of(ref('stg_evm__proofs'), block)) }}

),

-- a block whose parts are not all there was not read
readings as (

    select
        headers.*,
        transactions.receipt_request_id,
        case when headers.logs_count is not null then coalesce(transactions.fees_raw, 0) end
            as fees_raw,
        coalesce(logs.logs_count = logs.log_indexes_count, true) as has_unique_log_indexes,
        coalesce(results.failed_count, 0) as failed_count,
        coalesce(results.passed_count, 0) as passed_count,
        coalesce(results.proof_level, 'unproven') as proof_level,
        case
            when results.proof_level is null then 'no proof was made'
            else results.proof_reason
        end as proof_reason,
        load_ends.load_id is null as is_untold
    from headers
    left join load_ends
        on
            headers.chain_id = load_ends.chain_id
            and headers.load_id = load_ends.load_id
    left join transactions
        on
            headers.chain_id = transactions.chain_id
            and headers.block_hash = transactions.block_hash
            and headers.load_id = transactions.load_id
            and headers.request_id = transactions.request_id
    left join logs
        on
            headers.chain_id = logs.chain_id
            and headers.block_hash = logs.block_hash
            and headers.load_id = logs.load_id
            and coalesce(transactions.receipt_request_id, headers.request_id) = logs.request_id
    left join results
        on
            headers.chain_id = results.chain_id
            and headers.block_hash = results.block_hash
            and headers.request_id = results.request_id
    where
        headers.transactions_count = coalesce(transactions.transactions_count, 0)
        and coalesce(headers.logs_count, 0) = coalesce(logs.logs_count, 0)

),

-- the better proved reading stands, of equals the first: the same read again changes nothing
best as (

    select distinct on ({{ block | join(', ') }})
        *,
        bool_or(is_untold) over (partition by {{ block | join(', ') }}) as is_read_untold
    from readings
    order by
        {{ block | join(',\n        ') }},
        logs_count is null,
        failed_count,
        passed_count desc,
        received_at,
        load_id,
        request_id

),

blocks as (

    select
        chain_id,
        block_number,
        block_hash,
        parent_hash,
        block_at,
        transactions_count,
        logs_count,
        fees_raw,
        has_unique_log_indexes,
        is_read_untold,
        proof_level,
        proof_reason,
        load_id,
        request_id,
        receipt_request_id,
        split_part(origin, '/', 1) as chain,
        received_at,
        {{ own_batch() }} as changed_in
    from best

)

select * from blocks
