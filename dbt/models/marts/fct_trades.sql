{%- set minute = ['exchange_id', 'symbol', 'minute_at'] -%}
{{ config(
    unique_key=minute + ['trade_key'],
    pre_hook="{{ remember_scope(touched_units(
        loads={ref('int_trades_gathered'): 'traded_at_ns'}
    )) }}",
    meta={'unit_of_work': minute, 'loses_rows': true, 'distribution_key': 'symbol'},
    indexes=[
        {'columns': ['exchange_id', 'symbol', 'trade_id']},
        {'columns': ['changed_in']},
    ],
) }}

with

readings as not materialized (

    {{ trade_readings_sql(
        rows_of(ref('int_trades_gathered'), minute, at='traded_at_ns'),
        ref('stg_archive__files'),
    ) }}

),

standing as (

    {{ standing_trades_sql('readings') }}

),

trades as (

    select
        exchange_id::text as exchange_id,
        symbol::text as symbol,
        to_timestamp(opened_at_ns / 1000000000) as minute_at,
        case
            when trade_id is null then unnumbered_identity
            when is_aggregate then 'a' || trade_id
            else trade_id::text
        end as trade_key,
        first_trade_id as trade_id,
        last_trade_id,
        case
            when first_trade_id is not null then last_trade_id - first_trade_id + 1
            when not is_aggregate then 1
        end as trades_count,
        {{ time_of_ns('traded_at_ns') }} as traded_at,
        traded_at_ns,
        price::numeric(38, 18) as price,
        base_amount::numeric(38, 18) as base_amount,
        coalesce(
            quote_amount,
            case
                when min_scale(price * base_amount) <= 18
                    then {{ fitting('price * base_amount') }}
            end
        )::numeric(38, 18) as quote_amount,
        taker_side,
        is_aggregate,
        source,
        reading_id,
        {{ own_batch() }} as changed_in
    from standing

)

select * from trades
