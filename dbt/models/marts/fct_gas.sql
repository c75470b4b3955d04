{%- set hour = ['chain_id', 'hour_at'] -%}
{%- set fees = {'fee': 'fees', 'burnt': 'burnt', 'tip': 'tips', 'blob_fee': 'blob_fees'} -%}
{{ config(
    unique_key=hour,
    pre_hook=[
        "{{ remember_scope(changed_block_hours_sql(
            ref('int_blocks_canonical'), ref('int_blocks_read'), ref('stg_evm__blocks')
        )) }}",
        "{{ no_nested_loops() if not reads_claims_only() }}",
    ],
    meta={
        'unit_of_work': hour,
        'loses_rows': true,
        'lookups': ['int_transactions_charged', 'stg_evm__blocks'],
    },
    indexes=[{'columns': ['changed_in']}],
) }}

with

blocks as (

    select * from {{ rows_of(ref('int_blocks_standing'), hour, at='block_at') }}

),

headers as (

    select
        chain_id,
        gas_used,
        gas_limit,
        base_fee_per_gas,
        blob_gas_used,
        {{ bucket_start(60, 'block_at') }} as hour_at
    from {{ rows_of_readings(ref('stg_evm__blocks'), 'blocks') }}

),

of_blocks as (

    select
        chain_id,
        hour_at,
        count(*) as blocks_count,
        sum(gas_used) as gas_used,
        sum(gas_limit) as gas_limit,
        sum(blob_gas_used) as blob_gas_used,
        percentile_disc(array[0, 0.5, 1]) within group (order by base_fee_per_gas)
            as base_fees_per_gas
    from headers
    group by
        chain_id,
        hour_at

),

transactions as (

    select
        *,
        case when receipt_gas_used is not null then effective_gas_price end as paid_gas_price,
        {{ bucket_start(60, 'block_at') }} as hour_at
    from {{ rows_of_readings(ref('int_transactions_charged'), 'blocks') }}

),

of_transactions as (

    select
        chain_id,
        hour_at,
        count(*) as transactions_count,
        {%- for fee in fees %}
        {{ sum_unless_missing(fee ~ '_raw') }} as {{ fee }}_raw,
        {%- endfor %}
        percentile_disc(array[0.1, 0.5, 0.9]) within group (order by paid_gas_price)
            as gas_prices
    from transactions
    group by
        chain_id,
        hour_at

),

gas as (

    select
        of_blocks.chain_id,
        of_blocks.hour_at,
        of_blocks.blocks_count,
        coalesce(of_transactions.transactions_count, 0) as transactions_count,
        of_blocks.gas_used::numeric(78, 0) as gas_used,
        of_blocks.gas_limit::numeric(78, 0) as gas_limit,
        {{ fitting('(of_blocks.gas_used / nullif(of_blocks.gas_limit, 0))') }} as gas_used_ratio,
        of_blocks.base_fees_per_gas[1]::numeric(78, 0) as base_fee_per_gas_min,
        of_blocks.base_fees_per_gas[2]::numeric(78, 0) as base_fee_per_gas_p50,
        of_blocks.base_fees_per_gas[3]::numeric(78, 0) as base_fee_per_gas_max,
        of_transactions.gas_prices[1]::numeric(78, 0) as gas_price_p10,
        of_transactions.gas_prices[2]::numeric(78, 0) as gas_price_p50,
        of_transactions.gas_prices[3]::numeric(78, 0) as gas_price_p90,
        {%- for fee, name in fees.items() %}
        case
            when of_transactions.chain_id is null then 0
            else {{ fitting('of_transactions.' ~ fee ~ '_raw', 'numeric(78, 0)') }}
        end::numeric(78, 0) as {{ name }}_raw,
        {%- endfor %}
        of_blocks.blob_gas_used::numeric(78, 0) as blob_gas_used,
        {{ own_batch() }} as changed_in
    from of_blocks
    left join of_transactions
        on
            of_blocks.chain_id = of_transactions.chain_id
            and of_blocks.hour_at = of_transactions.hour_at

)

select * from gas
