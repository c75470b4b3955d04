with

source as (

    select * from {{ source('archive', 'mark_price_klines') }}

),

klines as (

    {{ staged_file_rows_sql('opened_at', [
        'timeframe::text as timeframe', 'open', 'high', 'low', 'close',
    ]) }}

)

select * from klines
