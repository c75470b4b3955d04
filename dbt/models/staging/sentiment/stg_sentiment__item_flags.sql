with

source as (

    select * from {{ source('sentiment', 'item_flags') }}

),

item_flags as (

    select
        source::text as source,
        item_id::text as item_id,
        text_hash::text as text_hash,
        flag::text as flag,
        version::text as rules_version,
        because::text as because,
        told_at,
        _dlt_load_id::text as load_id,
        delivery_file::text as delivery_file,
        delivery_row
    from source

)

select * from item_flags
