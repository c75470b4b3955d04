-- Which prices did a later run change, from what to what, and since when is that known?
select
    ended.asset,
    ended.quote,
    ended.minute_at,
    ended.median as median_before,
    prices.median,
    ended.venues_count as venues_before_count,
    prices.venues_count,
    runs.known_at as changed_at
from history.fct_prices as ended
inner join history.runs as runs
    on ended.ended_in = runs.batch_id and runs.relation = 'fct_prices'
inner join gold.fct_prices as prices
    on
        ended.asset = prices.asset
        and ended.quote = prices.quote
        and ended.minute_at = prices.minute_at
where ended.median is distinct from prices.median
order by
    runs.known_at desc,
    ended.asset asc,
    ended.quote asc,
    ended.minute_at asc
limit 100;
