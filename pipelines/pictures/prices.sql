-- What did each instrument cost by quarter of an hour, over the last three days held, and
-- how well is that evidenced?
with

last_days as (

    select max(opened_at) as last_at
    from gold.fct_candles
    where timeframe = '1d'

)

select
    candles.exchange_id || ' ' || candles.symbol as series,
    candles.opened_at,
    candles.close::float8 as price,
    candles.evidence_grade as grade,
    candles.is_complete
from gold.fct_candles as candles
inner join last_days on candles.opened_at >= last_days.last_at - interval '2 days'
where candles.timeframe = '15m'
order by
    series,
    candles.opened_at;
