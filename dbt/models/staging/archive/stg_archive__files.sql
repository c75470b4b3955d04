with

source as (

    select * from {{ source('archive', 'files') }}

),

versions as (

    select
        file_id::text as file_id,
        exchange_id::text as exchange_id,
        symbol::text as symbol,
        market::text as market,
        feed::text as feed,
        timeframe::text as timeframe,
        period::text as period,
        path::text as path,
        covers_from_ms,
        covers_until_ms,
        status::text as status,
        reason::text as reason,
        sha256::text as sha256,
        bytes_count,
        uncompressed_bytes_count,
        rows_count,
        refused_count,
        has_header,
        stamp_unit::text as stamp_unit,
        published_at_ms,
        to_timestamp(published_at_ms / 1000.0) as published_at,
        venue_now_ms,
        request_id::text as request_id,
        origin::text as origin,
        received_at,
        _dlt_load_id::text as load_id,
        delivery_file::text as delivery_file,
        delivery_row
    from source

)

select * from versions
