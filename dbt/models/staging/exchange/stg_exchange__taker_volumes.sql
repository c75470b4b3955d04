with

source as (

    select * from {{ source('exchange', 'taker_volumes') }}

),

readings as (

    {{ staged_readings_sql('observed_at', [
        'taker_buy_base',
        'taker_sell_base',
        'taker_buy_contracts',
        'taker_sell_contracts',
        'buy_sell_ratio',
    ]) }}

)

select * from readings
