with

source as (

    select * from {{ source('archive', 'premium_index_klines') }}

),

klines as (

    {{ staged_file_rows_sql('opened_at', [
        'timeframe::text as timeframe', 'open', 'high', 'low', 'close',
    ]) }}

)

select * from klines
