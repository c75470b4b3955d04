with

source as (

    select * from {{ source('archive', 'liquidations') }}

),

orders as (

    {{ staged_file_rows_sql('liquidated_at', [
        'side::text as order_side',
        'contracts',
        'price',
        'average_price',
        'order_status::text as order_status',
        'filled_contracts',
    ]) }}

)

select * from orders
