with

source as (

    select * from {{ source('archive', 'book_tickers') }}

),

changes as (

    {{ staged_file_rows_sql('changed_at', [
        'quoted_at_ms',
        'update_id::text as update_id',
        'bid',
        'bid_amount',
        'ask',
        'ask_amount',
    ]) }}

)

select * from changes
