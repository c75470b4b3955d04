{{ config(meta={'parts': ['trades']}) }}

with

source as (

    select * from {{ source('exchange', 'pages') }}

),

pages as (

    select
        scope::text as exchange_id,
        subject::text as symbol,
        asked_from as asked_from_ns,
        asked_cursor::bigint as asked_from_id,
        answered_from as answered_from_ns,
        answered_until as answered_until_ns,
        first_id as first_trade_id,
        last_id as last_trade_id,
        next_cursor::text as next_cursor,
        rows_count,
        upstream_now_ms as venue_now_ms,
        request_id::text as request_id,
        origin::text as origin,
        received_at,
        _dlt_load_id::text as load_id,
        delivery_file::text as delivery_file,
        delivery_row
    from source
    where feed = 'trades'

)

select * from pages
