with

source as (

    select * from {{ source('bluesky', 'items') }}

),

items as (

    {{ staged_items_sql('bluesky') }}

)

select * from items
