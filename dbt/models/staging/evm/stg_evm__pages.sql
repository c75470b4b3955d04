{{ config(meta={'parts': ['blocks']}) }}

with

source as (

    select * from {{ source('evm', 'pages') }}

),

pages as (

    select
        scope::text as chain,
        asked_from,
        asked_until,
        answered_from,
        answered_until,
        rows_count,
        request_id::text as request_id,
        origin::text as origin,
        received_at,
        _dlt_load_id::text as load_id,
        delivery_file::text as delivery_file,
        delivery_row
    from source
    where
        feed = 'blocks'
        and subject = ''

)

select * from pages
