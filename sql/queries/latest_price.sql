-- What is the latest price of each instrument on each exchange, and how well is it evidenced?
with

held as (

    select distinct
        symbol,
        exchange_id
    from gold.fct_candles
    where timeframe = '1M'

),

-- every series has a month's row; of its minutes none but the last is read
latest as (

    select
        held.symbol,
        held.exchange_id,
        lasts.opened_at,
        lasts.close as price,
        lasts.evidence_grade
    from held
    cross join lateral (
        select
            candles.opened_at,
            candles.close,
            candles.evidence_grade
        from gold.fct_candles as candles
        where
            candles.exchange_id = held.exchange_id
            and candles.symbol = held.symbol
            and candles.timeframe = '1m'
        order by candles.opened_at desc
        limit 1
    ) as lasts

)

select
    symbol,
    exchange_id,
    opened_at,
    price,
    evidence_grade
from latest
order by
    symbol,
    exchange_id;
