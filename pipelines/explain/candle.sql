-- The candle of a bucket.
select
    open,
    high,
    low,
    close,
    base_volume,
    quote_volume,
    trades_count,
    taker_buy_base,
    taker_buy_quote,
    vwap,
    evidence_grade,
    source,
    is_filled_from_trades,
    minutes_count,
    is_complete
from gold.fct_candles
where
    exchange_id = %(exchange_id)s
    and symbol = %(symbol)s
    and timeframe = %(timeframe)s
    and opened_at = %(opened_at)s
