with

source as (

    select * from {{ source('archive', 'volatility_index') }}

),

index_values as (

    {{ staged_file_rows_sql('calculated_at', [
        'index_value',
    ]) }}

)

select * from index_values
