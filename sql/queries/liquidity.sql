-- How wide and how deep was each instrument's market over the last day that is held?
-- Medians and means of the books that are a measure of it; `excluded_ratio` is the others'.
with

last_day as (

    select max(snapshot_at) - interval '1 day' as began_at
    from gold.fct_liquidity

),

snapshots as (

    select liquidity.*
    from gold.fct_liquidity as liquidity
    cross join last_day
    where liquidity.snapshot_at > last_day.began_at

)

select
    exchange_id,
    symbol,
    count(*) as snapshots_count,
    round(avg((excluded_for is not null)::integer), 4) as excluded_ratio,
    round(
        (
            percentile_disc(0.5) within group (order by spread_bps)
            filter (where excluded_for is null)
        ),
        4
    ) as spread_bps,
    round(
        avg(bid_depth_narrow + ask_depth_narrow) filter (where excluded_for is null), 2
    ) as depth_narrow,
    round(avg(bid_depth_wide + ask_depth_wide) filter (where excluded_for is null), 2)
        as depth_wide,
    max(notional) as notional,
    round(avg(buy_cost_bps) filter (where excluded_for is null), 4) as buy_cost_bps,
    round(avg(sell_cost_bps) filter (where excluded_for is null), 4) as sell_cost_bps
from snapshots
group by
    exchange_id,
    symbol
order by
    exchange_id,
    symbol;
