with

source as (

    select * from {{ source('exchange', 'mark_prices') }}

),

readings as (

    {{ staged_readings_sql('observed_at', [
        'mark_price',
        'index_price',
        'estimated_settle_price',
        'last_funding_rate',
        'interest_rate',
        'next_funding_at_ms',
    ]) }}

)

select * from readings
