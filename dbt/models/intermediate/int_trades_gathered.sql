{{ config(materialized='view') }}

-- `is true` keeps the list of finished loads a filter: as a join, without statistics of that
-- small table, a hundredth of all trades is expected, and the sorts of ten million go wrong
with

answered as (

    select
        exchange_id,
        symbol,
        trade_id,
        first_trade_id,
        last_trade_id,
        is_aggregate,
        price,
        base_amount,
        quote_amount,
        traded_at_ns,
        taker_side,
        'rest' as source,
        request_id as reading_id,
        venue_now_ms,
        load_id,
        delivery_file,
        delivery_row
    from {{ ref('stg_exchange__trades') }}
    where
        (load_id in ({{ finished_loads('bronze_exchange') }})) is true
        and base_amount > 0

),

-- What has no amount in the base asset (aggregates of a market that counts in contracts)
-- makes no candle, nor does an amount of nothing, which files once brought. When a file
-- was published is looked up by who needs it: a join here would hide the index.
archived_aggregates as (

    select
        exchange_id,
        symbol,
        agg_trade_id as trade_id,
        first_trade_id,
        last_trade_id,
        true as is_aggregate,
        price,
        base_amount,
        null::numeric as quote_amount,
        traded_at_ns,
        taker_side,
        'archive' as source,
        file_id as reading_id,
        null::bigint as venue_now_ms,
        load_id,
        delivery_file,
        delivery_row
    from {{ ref('stg_archive__agg_trades') }}
    where
        (load_id in ({{ finished_loads('bronze_archive') }})) is true
        and base_amount > 0

),

archived_trades as (

    select
        exchange_id,
        symbol,
        trade_id,
        trade_id as first_trade_id,
        trade_id as last_trade_id,
        false as is_aggregate,
        price,
        base_amount,
        quote_amount,
        traded_at_ns,
        taker_side,
        'archive' as source,
        file_id as reading_id,
        null::bigint as venue_now_ms,
        load_id,
        delivery_file,
        delivery_row
    from {{ ref('stg_archive__trades') }}
    where
        (load_id in ({{ finished_loads('bronze_archive') }})) is true
        and base_amount > 0

),

gathered as (

    select * from answered
    union all
    select * from archived_aggregates
    union all
    select * from archived_trades

)

select * from gathered
