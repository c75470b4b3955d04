with

source as (

    select * from {{ source('archive', 'funding_rates') }}

),

settlements as (

    {{ staged_file_rows_sql('settled_at', ['interval_hours', 'funding_rate']) }}

)

select * from settlements
