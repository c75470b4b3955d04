insert into ops.batches (feed) values ('fct_candles');
insert into gold.fct_candles (
    exchange_id, symbol, timeframe, opened_at, open, high, low, close, base_volume,
    quote_volume, is_complete, evidence_grade, minutes_count, source, is_filled_from_trades,
    changed_in
)
with

timeframes (timeframe, minutes_count) as (

    values
    ('1m', 1), ('5m', 5), ('15m', 15), ('30m', 30), ('1h', 60), ('4h', 240), ('12h', 720),
    ('1d', 1440), ('1w', 10080)

),

bars as (

    select
        timeframes.timeframe,
        number,
        place * timeframes.minutes_count as minute,
        -- a walk that a correction moves: another one at its next call
        round((30000 + 900 * sin(place / 97.0 + number) + 20 * random())::numeric, 2) as price,
        round((20 * random())::numeric, 8) as volume
    from timeframes
    cross join generate_series(1, %(instruments)s) as numbers (number)
    cross join lateral generate_series(
        %(first)s / timeframes.minutes_count, (%(last)s - 1) / timeframes.minutes_count
    ) as places (place)

)

select
    'binance',
    'A' || number || '/USDT',
    timeframe,
    '2022-01-03 00:00+00'::timestamptz + minute * interval '1 minute',
    price,
    price + 7,
    price - 9,
    price,
    volume,
    volume * price,
    true,
    'closed',
    1,
    'rest',
    false,
    (select max(batch_id) from ops.batches)
from bars
on conflict (exchange_id, symbol, timeframe, opened_at) do update set
    open = excluded.open,
    high = excluded.high,
    low = excluded.low,
    close = excluded.close,
    base_volume = excluded.base_volume,
    quote_volume = excluded.quote_volume,
    changed_in = excluded.changed_in
