with

source as (

    select * from {{ source('exchange', 'instruments') }}

),

listings as (

    select
        exchange_id::text as exchange_id,
        symbol::text as symbol,
        venue_symbol::text as venue_symbol,
        market_type::text as market_type,
        base_asset::text as base_asset,
        quote_asset::text as quote_asset,
        venue_base::text as venue_base_asset,
        venue_quote::text as venue_quote_asset,
        status::text as status,
        is_active,
        price_increment,
        amount_increment,
        min_amount,
        min_notional,
        raw::text as raw,
        to_timestamp(venue_now_ms / 1000.0) as listed_at,
        venue_now_ms,
        request_id::text as request_id,
        origin::text as origin,
        received_at,
        _dlt_load_id::text as load_id,
        delivery_file::text as delivery_file,
        delivery_row,
        contract_size,
        to_timestamp(launched_at_ms / 1000.0) as launched_at
    from source

)

select * from listings
