with

source as (

    select * from {{ source('exchange', 'open_interest') }}

),

readings as (

    {{ staged_readings_sql('observed_at', ['base_open_interest', 'contracts_open_interest']) }}

)

select * from readings
