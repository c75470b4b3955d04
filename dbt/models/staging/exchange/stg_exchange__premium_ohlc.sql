with

source as (

    select * from {{ source('exchange', 'premium_ohlc') }}

),

readings as (

    {{ staged_readings_sql('opened_at', ['open', 'high', 'low', 'close']) }}

)

select * from readings
