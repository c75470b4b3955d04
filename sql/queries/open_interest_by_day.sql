-- How did the open interest of each contract change by day, and how many were long for one short?
with

days as (

    select
        exchange_id,
        symbol,
        (observed_at at time zone 'UTC')::date as observed_date,
        max(observed_at) as last_at
    from gold.fct_open_interest
    group by
        exchange_id,
        symbol,
        (observed_at at time zone 'UTC')::date

),

positioning as (

    select
        exchange_id,
        symbol,
        (observed_at at time zone 'UTC')::date as observed_date,
        round(avg(global_accounts_ratio), 4) as global_accounts_ratio,
        round(avg(top_trader_positions_ratio), 4) as top_trader_positions_ratio
    from gold.fct_positioning
    group by
        exchange_id,
        symbol,
        (observed_at at time zone 'UTC')::date

)

select
    days.exchange_id,
    days.symbol,
    days.observed_date,
    last_ones.open_interest,
    last_ones.open_interest_contracts,
    round(
        100 * last_ones.open_interest / nullif(lag(last_ones.open_interest) over series, 0) - 100,
        2
    ) as change_pct,
    positioning.global_accounts_ratio,
    positioning.top_trader_positions_ratio
from days
inner join gold.fct_open_interest as last_ones
    on
        days.exchange_id = last_ones.exchange_id
        and days.symbol = last_ones.symbol
        and days.last_at = last_ones.observed_at
left join positioning
    on
        days.exchange_id = positioning.exchange_id
        and days.symbol = positioning.symbol
        and days.observed_date = positioning.observed_date
window series as (partition by days.exchange_id, days.symbol order by days.observed_date)
order by
    days.exchange_id,
    days.symbol,
    days.observed_date;
