{{ config(
    unique_key=['exchange_id', 'origin', 'request_id'],
    indexes=[
        {'columns': ['exchange_id', 'origin', 'listed_at']},
        {'columns': ['changed_in']},
    ],
) }}

with

markets as (

    select * from {{ ref('stg_exchange__instruments') }}
    where {{ loads_to_read('bronze_exchange') }}

),

listings as (

    select distinct
        exchange_id,
        origin,
        request_id,
        listed_at
    from markets

),

refused as (

    select distinct request_id
    from {{ ref('stg_exchange__quarantine') }}
    where
        table_name = 'instruments'
        and {{ loads_to_read('bronze_exchange') }}

),

whole as (

    select
        listings.exchange_id,
        listings.origin,
        listings.request_id,
        listings.listed_at,
        {{ own_batch() }} as changed_in
    from listings
    left join refused
        on listings.request_id = refused.request_id
    where refused.request_id is null

)

select * from whole
