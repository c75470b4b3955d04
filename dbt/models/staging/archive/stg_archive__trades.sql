with

source as (

    select * from {{ source('archive', 'trades') }}

),

trades as (

    select
        exchange_id::text as exchange_id,
        symbol::text as symbol,
        trade_id,
        price,
        base_amount,
        quote_amount,
        contracts,
        traded_at_ns,
        to_timestamp(traded_at_ns / 1000000000.0) as traded_at,
        case when is_buyer_maker then 'sell' else 'buy' end as taker_side,
        file_id::text as file_id,
        line_number,
        _dlt_load_id::text as load_id,
        delivery_file::text as delivery_file,
        delivery_row
    from source

)

select * from trades
