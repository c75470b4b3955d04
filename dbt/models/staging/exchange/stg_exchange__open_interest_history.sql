with

source as (

    select * from {{ source('exchange', 'open_interest_history') }}

),

readings as (

    {{ staged_readings_sql('observed_at', [
        'base_open_interest',
        'contracts_open_interest',
        'open_interest_value',
    ]) }}

)

select * from readings
