with

source as (

    select * from {{ source('archive', 'metrics') }}

),

metrics as (

    select
        exchange_id::text as exchange_id,
        symbol::text as symbol,
        observed_at_ms as stamped_at_ms,
        base_open_interest,
        contracts_open_interest,
        open_interest_value,
        top_trader_accounts_ratio,
        top_trader_positions_ratio,
        global_accounts_ratio,
        taker_ratio,
        file_id::text as file_id,
        line_number,
        _dlt_load_id::text as load_id,
        delivery_file::text as delivery_file,
        delivery_row
    from source

)

select * from metrics
