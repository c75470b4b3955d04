-- What is proved of a minute.
select
    proof,
    reason,
    lost_trades_count,
    trades_count,
    candle_trades_count,
    first_trade_id,
    last_trade_id,
    base_volume_difference,
    quote_volume_difference
from gold.fct_candle_proofs
where
    exchange_id = %(exchange_id)s
    and symbol = %(symbol)s
    and opened_at = %(opened_at)s
