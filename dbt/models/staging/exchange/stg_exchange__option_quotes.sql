with

source as (

    select * from {{ source('exchange', 'option_quotes') }}

),

readings as (

    {{ staged_readings_sql('quoted_at', [
        'bid',
        'bid_amount',
        'ask',
        'ask_amount',
        'mark_price',
        'last_price',
        'bid_iv',
        'ask_iv',
        'mark_iv',
        'delta',
        'gamma',
        'vega',
        'theta',
        'rho',
        'underlying_index',
        'underlying_price',
        'index_price',
        'interest_rate',
        'open_interest',
        'base_volume',
    ]) }}

)

select * from readings
