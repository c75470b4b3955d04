{{ config(materialized='view') }}

with

klines as (

    select * from {{ ref('stg_archive__klines') }}

),

candles as (

    select
        klines.exchange_id,
        klines.symbol,
        klines.opened_at_ms,
        klines.open,
        klines.high,
        klines.low,
        klines.close,
        klines.base_volume,
        klines.quote_volume,
        klines.trades_count,
        klines.taker_buy_base,
        klines.taker_buy_quote,
        null::numeric as vwap,
        -- what the newest version of the path does not repeat does not seal
        {{ is_newest_version(ref('stg_archive__files')) }} as is_sealing,
        files.published_at_ms,
        files.path,
        files.sha256,
        klines.file_id,
        klines.line_number,
        files.origin,
        files.request_id,
        files.received_at,
        klines.load_id,
        klines.delivery_file,
        klines.delivery_row
    from klines
    inner join {{ ref('stg_archive__files') }} as files
        on
            klines.file_id = files.file_id
            and klines.load_id = files.load_id
    where
        klines.timeframe = '1m'
        and files.status = 'loaded'
        and klines.load_id in ({{ finished_loads('bronze_archive') }})

)

select * from candles
