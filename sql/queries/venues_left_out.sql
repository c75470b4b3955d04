-- Which venues did not count in consolidated prices of the last week, how often, and why?
with

last_minutes as (

    select max(opened_at) as last_at
    from gold.fct_candles
    where timeframe = '1h'

)

select
    prices.asset,
    prices.quote,
    venues.value ->> 'exchange_id' as exchange_id,
    venues.value ->> 'reason' as reason,
    count(*) as minutes_count,
    max((venues.value ->> 'distance_bps')::numeric) as largest_distance_bps
from last_minutes
inner join gold.fct_prices as prices
    on prices.minute_at > last_minutes.last_at - interval '7 days'
cross join lateral jsonb_array_elements(prices.excluded) as venues (value)
group by
    prices.asset,
    prices.quote,
    venues.value ->> 'exchange_id',
    venues.value ->> 'reason'
order by
    prices.asset,
    prices.quote,
    venues.value ->> 'exchange_id',
    venues.value ->> 'reason';
