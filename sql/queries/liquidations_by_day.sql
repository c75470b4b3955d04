-- What was closed by force each day, on which side, and what was the largest single one?
select
    exchange_id,
    symbol,
    (liquidated_at at time zone 'UTC')::date as liquidated_date,
    count(*) filter (where closed_side = 'long') as longs_count,
    count(*) filter (where closed_side = 'short') as shorts_count,
    round(sum(liquidated_value) filter (where closed_side = 'long'), 2) as longs_value,
    round(sum(liquidated_value) filter (where closed_side = 'short'), 2) as shorts_value,
    round(max(liquidated_value), 2) as largest_value,
    string_agg(distinct source, ' ' order by source) as sources
from gold.fct_liquidations
group by
    exchange_id,
    symbol,
    (liquidated_at at time zone 'UTC')::date
order by
    liquidated_date desc,
    exchange_id asc,
    symbol asc;
