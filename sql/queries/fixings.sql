-- What was each pair fixed at on the last days, and how far from the day before?
select
    fixing,
    asset,
    quote,
    fixed_at,
    price,
    round(
        100 * (
            price / lag(price) over (partition by fixing, asset, quote order by fixed_at) - 1
        ),
        2
    ) as change_pct,
    venues,
    trades_count,
    empty_partitions_count,
    is_complete
from gold.fct_fixings
order by
    fixed_at desc,
    fixing asc,
    asset asc,
    quote asc
limit 30;
