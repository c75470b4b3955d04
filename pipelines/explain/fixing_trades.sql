-- The trades of a fixing, each with its part of the window and what that part's median is.
with

trades as (

    select
        div(
            trades.traded_at_ns - extract(epoch from fixings.window_started_at) * 1000000000,
            extract(epoch from fixings.fixed_at - fixings.window_started_at) * 1000000000
            / (fixings.partitions_count + fixings.empty_partitions_count)
        )::integer + 1 as partition_number,
        trades.exchange_id,
        trades.traded_at,
        trades.traded_at_ns,
        trades.trade_key,
        trades.price,
        trades.base_amount
    from gold.fct_fixings as fixings
    inner join gold.fct_trades as trades
        on
            trades.exchange_id = any(string_to_array(fixings.venues, ' '))
            and fixings.asset || '/' || fixings.quote = trades.symbol
            and trades.minute_at >= date_trunc('minute', fixings.window_started_at)
            and trades.minute_at < fixings.fixed_at
            and trades.traded_at >= fixings.window_started_at
            and trades.traded_at < fixings.fixed_at
    where
        fixings.fixing = %(fixing)s
        and trades.symbol = %(symbol)s
        and fixings.fixed_at = %(fixed_at)s

),

partitions as (

    select
        partition_number,
        market.weighted_median(
            array_agg(price order by price),
            array_agg(base_amount order by price)
        ) as partition_median
    from trades
    group by partition_number

)

select
    trades.partition_number,
    trades.exchange_id,
    trades.traded_at,
    trades.trade_key,
    trades.price,
    trades.base_amount,
    partitions.partition_median
from trades
inner join partitions on trades.partition_number = partitions.partition_number
order by
    trades.traded_at_ns,
    trades.exchange_id,
    trades.trade_key
