with

source as (

    select * from {{ source('exchange', 'top_trader_positions') }}

),

readings as (

    {{ staged_readings_sql('observed_at', ['long_ratio', 'short_ratio', 'long_short_ratio']) }}

)

select * from readings
