with

source as (

    select * from {{ source('fear_greed', 'index_values') }}

),

index_values as (

    select
        indexed_at,
        value::numeric(38, 18) as index_value,
        classification::text as classification,
        fetch_id::text as fetch_id,
        answer_id::text as answer_id,
        item_number,
        received_at,
        _dlt_load_id::text as load_id,
        delivery_file::text as delivery_file,
        delivery_row
    from source

)

select * from index_values
