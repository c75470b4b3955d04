with

source as (

    select * from {{ source('exchange', 'funding_intervals') }}

),

readings as (

    {{ staged_readings_sql('observed_at', ['interval_hours', 'rate_cap', 'rate_floor']) }}

)

select * from readings
