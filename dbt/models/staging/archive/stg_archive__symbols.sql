with

source as (

    select * from {{ source('archive', 'symbols') }}

),

symbols as (

    select
        exchange_id::text as exchange_id,
        market::text as market,
        venue_symbol::text as venue_symbol,
        feed::text as feed,
        to_timestamp(first_from_ms / 1000.0) as first_from,
        to_timestamp(last_until_ms / 1000.0) as last_until,
        to_timestamp(venue_now_ms / 1000.0) as listed_at,
        request_id::text as request_id,
        origin::text as origin,
        received_at,
        _dlt_load_id::text as load_id,
        delivery_file::text as delivery_file,
        delivery_row
    from source

)

select * from symbols
