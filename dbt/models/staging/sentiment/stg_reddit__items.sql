with

source as (

    select * from {{ source('reddit', 'items') }}

),

items as (

    {{ staged_items_sql('reddit') }}

)

select * from items
