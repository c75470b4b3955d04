-- Which instruments were listed a month ago, which of them are gone or halted, and who says so?
select
    exchange_id,
    symbol,
    market_type,
    listed_at,
    listed_by,
    delisted_at,
    delisted_by,
    is_halted,
    halted_by,
    renamed_to
from gold.universe_at(now() - interval '30 days')
order by
    exchange_id,
    symbol;
