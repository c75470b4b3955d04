{{ config(meta={'parts': ['candles']}) }}

with

source as (

    select * from {{ source('exchange', 'pages') }}

),

pages as (

    select
        scope::text as exchange_id,
        subject::text as symbol,
        '1m'::text as timeframe,
        asked_from as asked_from_ms,
        asked_until as asked_until_ms,
        answered_from as answered_from_ms,
        answered_until as answered_until_ms,
        sends_empty as is_sending_quiet_minutes,
        rows_count,
        upstream_now_ms as venue_now_ms,
        request_id::text as request_id,
        origin::text as origin,
        received_at,
        _dlt_load_id::text as load_id,
        delivery_file::text as delivery_file,
        delivery_row
    from source
    where feed = 'candles'

)

select * from pages
