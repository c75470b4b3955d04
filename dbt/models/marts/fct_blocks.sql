{%- set number = ['chain_id', 'block_number'] -%}
{%- set fees = {
    'fee': 'fees', 'base_fee': 'base_fees', 'burnt': 'burnt', 'tip': 'tips',
    'blob_fee': 'blob_fees',
} -%}
{%- set hashes = [
    'parent_hash', 'miner', 'nonce', 'extra_data', 'mix_hash', 'sha3_uncles', 'state_root',
    'transactions_root', 'receipts_root', 'logs_bloom', 'withdrawals_root',
    'parent_beacon_block_root', 'requests_hash',
] -%}
{{ config(
    unique_key=number,
    pre_hook=[
        "{{ remember_scope(touched_units(batches={
            ref('int_blocks_canonical'): 'block_number',
            ref('int_blocks_read'): 'block_number',
        })) }}",
        "{{ no_nested_loops() if not reads_claims_only() }}",
    ],
    meta={
        'unit_of_work': number,
        'loses_rows': true,
        'lookups': ['int_transactions_charged', 'stg_evm__blocks'],
    },
    indexes=[
        {'columns': ['chain_id', 'block_at']},
        {'columns': ['chain_id', 'block_hash']},
        {'columns': ['changed_in']},
    ],
) }}

with

readings as (

    select * from {{ rows_of(ref('int_blocks_standing'), number) }}

),

headers as (

    select * from {{ rows_of_readings(ref('stg_evm__blocks'), 'readings') }}

),

charged as (

    select
        chain_id,
        block_hash,
        sum(l1_fee_raw) as l1_fee_raw,
        {%- for fee in fees %}
        {{ sum_unless_missing(fee ~ '_raw') }} as {{ fee }}_raw,
        {%- endfor %}
        count(*) filter (where receipt_status = 0) as failed_count,
        max(receipt_blob_gas_price) as blob_gas_price
    from {{ rows_of_readings(ref('int_transactions_charged'), 'readings') }}
    group by
        chain_id,
        block_hash

),

described as (

    select
        readings.chain_id,
        readings.block_number,
        readings.block_at,
        chain.hex(readings.block_hash) as block_hash,
        {%- for column in hashes %}
        chain.hex(headers.{{ column }}) as {{ column }},
        {%- endfor %}
        headers.difficulty,
        headers.total_difficulty,
        headers.size_bytes,
        headers.gas_limit,
        headers.gas_used,
        headers.base_fee_per_gas,
        headers.blob_gas_used,
        headers.excess_blob_gas,
        charged.blob_gas_price::numeric(78, 0) as blob_gas_price,
        readings.transactions_count,
        case when readings.logs_count is not null then coalesce(charged.failed_count, 0) end
            as failed_transactions_count,
        readings.logs_count,
        json_array_length(headers.withdrawals::json)::bigint as withdrawals_count,
        headers.withdrawals,
        {%- for fee, name in fees.items() %}
        case
            when readings.transactions_count = 0 then 0
            else {{ fitting('charged.' ~ fee ~ '_raw', 'numeric(78, 0)') }}
        end::numeric(78, 0) as {{ name }}_raw,
        {%- endfor %}
        {{ fitting('charged.l1_fee_raw', 'numeric(78, 0)') }} as l1_fees_raw,
        readings.proof_level,
        readings.proof_reason,
        headers.endpoint,
        readings.received_at,
        readings.load_id,
        {{ own_batch() }} as changed_in
    from readings
    inner join headers
        on
            readings.chain_id = headers.chain_id
            and readings.block_hash = headers.block_hash
    left join charged
        on
            readings.chain_id = charged.chain_id
            and readings.block_hash = charged.block_hash

)

select * from described
