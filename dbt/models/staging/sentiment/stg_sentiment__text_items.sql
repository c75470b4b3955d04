with

source as (

    select * from {{ source('sentiment', 'text_items') }}

),

text_items as (

    select
        source::text as source,
        item_id::text as item_id,
        received_at,
        scored_by::text as scored_by,
        text_hash::text as text_hash,
        form_version::text as form_version,
        author::text as author,
        created_at,
        words_count,
        links_count,
        origin::text as origin,
        scored_at,
        _dlt_load_id::text as load_id,
        delivery_file::text as delivery_file,
        delivery_row
    from source

)

select * from text_items
