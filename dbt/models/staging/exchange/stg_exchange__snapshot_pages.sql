{%- set feeds = ['order_books', 'tickers', 'open_interest', 'mark_prices', 'option_quotes'] -%}
{{ config(meta={'parts': feeds}) }}

with

source as (

    select * from {{ source('exchange', 'pages') }}

),

pages as (

    select
        scope::text as exchange_id,
        subject::text as symbol,
        feed::text as feed,
        asked_from as asked_from_ms,
        asked_until as asked_until_ms,
        answered_until > answered_from as is_answered,
        rows_count,
        upstream_now_ms as venue_now_ms,
        request_id::text as request_id,
        origin::text as origin,
        received_at,
        _dlt_load_id::text as load_id,
        delivery_file::text as delivery_file,
        delivery_row
    from source
    where feed in ('{{ feeds | join("', '") }}')

)

select * from pages
