insert into bronze_exchange.ohlcv (
    exchange_id, symbol, timeframe, opened_at_ms, open, high, low, close, base_volume,
    quote_volume, vwap, trades_count, taker_buy_base, taker_buy_quote, closed_at_ms,
    venue_now_ms, request_id, origin, received_at, _dlt_load_id, delivery_file,
    delivery_row
)
with

series as (

    select
        number,
        'A' || number / 3 || '/USDT' as symbol,
        (array['binance', 'coinbase', 'kraken'])[number %% 3 + 1] as exchange_id
    from generate_series(0, %(instruments)s - 1) as numbers (number)

),

minutes as (

    select
        series.*,
        minute,
        1000 + series.number %% 3 + minute %% 97 + %(shift)s as price,
        0.12345678 + minute %% 13 as volume
    from series
    cross join generate_series(%(first)s::bigint, %(last)s::bigint - 1) as m (minute)
    where series.exchange_id <> 'coinbase' or minute %% 101 <> 50

)

select
    exchange_id,
    symbol,
    '1m',
    %(start)s + minute * 60000::bigint,
    price,
    price + 100,
    price - 100,
    price + 1,
    volume,
    case when exchange_id = 'binance' then volume * price end,
    case when exchange_id = 'kraken' then price end,
    case when exchange_id <> 'coinbase' then minute %% 31 end,
    case when exchange_id = 'binance' then volume / 2 end,
    case when exchange_id = 'binance' then volume / 2 * price end,
    case when exchange_id = 'binance' then %(start)s + minute * 60000::bigint + 59999 end,
    %(start)s + %(clock)s * 60000::bigint + 1000,
    %(load)s || '-' || number || '-' || minute / %(page)s,
    'bench',
    to_timestamp(%(start)s / 1000 + %(clock)s * 60),
    %(load)s,
    %(load)s || '-' || number,
    minute
from minutes;
insert into bronze_exchange.pages (
    scope, subject, feed, asked_from, asked_until, answered_from, answered_until,
    sends_empty, upstream_now_ms, rows_count, request_id, origin, received_at, _dlt_load_id, delivery_file, delivery_row
)
with

pages as (

    select
        number,
        page,
        %(start)s + greatest(%(first)s, page * %(page)s) * 60000::bigint as from_ms,
        %(start)s + least(%(last)s, (page + 1) * %(page)s) * 60000::bigint as until_ms
    from generate_series(0, %(instruments)s - 1) as numbers (number)
    cross join generate_series(
        %(first)s::bigint / %(page)s, (%(last)s::bigint - 1) / %(page)s
    ) as p (page)

)

select
    (array['binance', 'coinbase', 'kraken'])[number %% 3 + 1],
    'A' || number / 3 || '/USDT',
    'candles',
    from_ms,
    until_ms,
    from_ms,
    until_ms,
    number %% 3 <> 1,
    %(start)s + %(clock)s * 60000::bigint + 1000,
    (until_ms - from_ms) / 60000,
    %(load)s || '-' || number || '-' || page,
    'bench',
    to_timestamp(%(start)s / 1000 + %(clock)s * 60),
    %(load)s,
    %(load)s || '-' || number,
    page
from pages;
insert into bronze_exchange.instruments (
    exchange_id, symbol, venue_symbol, market_type, base_asset, quote_asset, venue_base,
    venue_quote, status, is_active, price_increment, amount_increment, min_amount,
    min_notional, raw, venue_now_ms, request_id, origin, received_at, _dlt_load_id,
    delivery_file, delivery_row
)
select
    (array['binance', 'coinbase', 'kraken'])[number %% 3 + 1],
    'A' || number / 3 || '/USDT',
    'A' || number / 3 || 'USDT',
    'spot',
    'A' || number / 3,
    'USDT',
    'A' || number / 3,
    'USDT',
    'TRADING',
    true,
    0.01,
    0.00001,
    0.00001,
    5 + day %% 2,
    '{}',
    %(start)s + day * 86400000::bigint,
    %(load)s || '-listing-' || day || '-' || number %% 3,
    'bench',
    to_timestamp(%(start)s / 1000 + day * 86400),
    %(load)s,
    %(load)s || '-listing-' || number %% 3,
    number + day * %(instruments)s
from generate_series(0, %(instruments)s - 1) as numbers (number)
cross join generate_series(
    (%(first)s::bigint + 1439) / 1440, (%(last)s::bigint - 1) / 1440
) as days (day);
insert into ops.deliveries (
    schema_name, load_id, file_id, table_name, rows_count, bytes_count
)
select
    'bronze_exchange',
    %(load)s,
    table_name || '-' || delivery_file,
    table_name,
    count(*),
    0
from (
    select 'ohlcv' as table_name, _dlt_load_id, delivery_file from bronze_exchange.ohlcv
    union all
    select 'pages', _dlt_load_id, delivery_file from bronze_exchange.pages
    union all
    select 'instruments', _dlt_load_id, delivery_file from bronze_exchange.instruments
) as delivered
where _dlt_load_id = %(load)s
group by table_name, delivery_file;
insert into bronze_exchange._dlt_loads (load_id, schema_name, status, inserted_at)
values (%(load)s, 'exchange', 0, clock_timestamp());
