with

source as (

    select * from {{ source('news', 'items') }}

),

items as (

    {{ staged_items_sql('news') }}

)

select * from items
