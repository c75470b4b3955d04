with

source as (

    select * from {{ source('hacker_news', 'items') }}

),

items as (

    {{ staged_items_sql('hacker_news') }}

)

select * from items
