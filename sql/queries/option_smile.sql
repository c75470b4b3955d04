-- What volatility does each strike of the next expiries imply, by the newest quote of it?
with

newest as (

    select distinct on (exchange_id, symbol) *
    from gold.fct_options
    order by
        exchange_id asc,
        symbol asc,
        quoted_at desc

)

select
    exchange_id,
    underlying,
    settle_asset,
    expires_at,
    strike,
    max(mark_iv) filter (where option_type = 'call') as call_iv,
    max(mark_iv) filter (where option_type = 'put') as put_iv,
    round(max(strike / nullif(underlying_price, 0)), 4) as strike_to_underlying,
    sum(open_interest) as open_interest,
    max(quoted_at) as quoted_at
from newest
where expires_at > quoted_at
group by
    exchange_id,
    underlying,
    settle_asset,
    expires_at,
    strike
order by
    exchange_id,
    underlying,
    settle_asset,
    expires_at,
    strike;
