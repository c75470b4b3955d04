-- The readings of a minute, the one that stands first.
select
    is_standing,
    source,
    evidence_grade,
    reason,
    differences,
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
    reading_id,
    request_id,
    origin,
    file_path,
    sha256,
    line_number,
    published_at,
    venue_now_at,
    received_at,
    load_id,
    delivery_file,
    delivery_row
from gold.rpt_candle_evidence
where
    exchange_id = %(exchange_id)s
    and symbol = %(symbol)s
    and opened_at = %(opened_at)s
order by
    is_standing desc,
    (differences is null) desc,
    venue_now_at desc,
    reading_id asc
