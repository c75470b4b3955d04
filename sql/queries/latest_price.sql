-- What is the latest price of each instrument on each exchange, and how well is it evidenced?
select distinct on (symbol, exchange_id)
    symbol,
    exchange_id,
    opened_at,
    close as price,
    evidence_grade
from gold.fct_candles
where timeframe = '1m'
order by
    symbol asc,
    exchange_id asc,
    opened_at desc;
