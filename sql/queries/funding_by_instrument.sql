-- What did longs of each perpetual contract pay over its last seven days, and in a year at that?
with

newest as (

    select distinct on (exchange_id, symbol) *
    from gold.fct_funding
    order by
        exchange_id asc,
        symbol asc,
        due_at desc

)

select
    newest.exchange_id,
    newest.symbol,
    newest.due_at as last_due_at,
    round(newest.interval_hours, 2) as last_interval_hours,
    round(10000 * newest.rate, 4) as last_rate_bps,
    round(10000 * sum(funding.rate), 4) as paid_7d_bps,
    count(*) as settlements_count,
    round(100 * newest.annualised_rate_7d, 2) as annualised_7d_pct,
    newest.regime
from newest
inner join gold.fct_funding as funding
    on
        newest.exchange_id = funding.exchange_id
        and newest.symbol = funding.symbol
        and newest.due_at - interval '7 days' < funding.due_at
        and newest.due_at >= funding.due_at
group by
    newest.exchange_id,
    newest.symbol,
    newest.due_at,
    newest.interval_hours,
    newest.rate,
    newest.annualised_rate_7d,
    newest.regime
order by
    newest.annualised_rate_7d desc nulls last,
    newest.exchange_id asc,
    newest.symbol asc;
