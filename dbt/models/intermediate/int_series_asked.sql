{{ config(
    unique_key=['exchange_id', 'hour_at', 'symbol'],
    indexes=[
        {'columns': ['exchange_id', 'hour_at', 'symbol'], 'unique': true},
        {'columns': ['changed_in']},
    ],
) }}

select distinct
    exchange_id,
    {{ bucket_start(60, 'received_at') }} as hour_at,
    symbol,
    {{ own_batch() }} as changed_in
from {{ ref('stg_exchange__ohlcv_pages') }}
where {{ loads_to_read('bronze_exchange') }}
