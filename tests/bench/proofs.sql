insert into bronze_exchange.trades (
    exchange_id, symbol, trade_id, first_trade_id, last_trade_id, is_aggregate, price,
    base_amount, traded_at_ns, taker_side, venue_now_ms, request_id, origin, received_at,
    _dlt_load_id, delivery_file, delivery_row
)
select
    'binance',
    'A' || series || '/USDT',
    number,
    number * 2,
    number * 2 + 1,
    true,
    1000 + number %% 97 + 0.25,
    0.12345678 + number %% 13,
    (%(start)s + number * 600::bigint) * 1000000 + number %% 7 * 1000000,
    case when number %% 3 = 0 then 'buy' else 'sell' end,
    %(start)s + (number / 1000 + 1) * 600000::bigint,
    series || '-' || number / 1000,
    'bench',
    clock_timestamp(),
    %(load)s::text,
    %(load)s::text || '-' || series,
    number
from generate_series(0, %(series)s - 1) as s (series)
cross join generate_series(0::bigint, %(each)s::bigint - 1) as n (number);
insert into bronze_exchange._dlt_loads (load_id, schema_name, status, inserted_at)
values (%(load)s::text, 'exchange', 0, clock_timestamp());
analyze bronze_exchange.trades
