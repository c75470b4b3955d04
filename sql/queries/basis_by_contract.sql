-- How far is each contract marked from its index and from spot, and what is that in a year?
with

newest as (

    select distinct on (exchange_id, symbol) *
    from gold.fct_basis
    order by
        exchange_id asc,
        symbol asc,
        minute_at desc

)

select
    newest.exchange_id,
    newest.symbol,
    newest.contract_type,
    newest.marked_at as last_marked_at,
    newest.mark_price,
    round(newest.index_basis_bps, 2) as index_basis_bps,
    round(avg(basis.index_basis_bps), 2) as index_basis_bps_24h,
    round(newest.spot_basis_bps, 2) as spot_basis_bps,
    round(avg(basis.spot_basis_bps), 2) as spot_basis_bps_24h,
    newest.expires_at,
    round(100 * newest.annualised_rate, 2) as annualised_pct,
    concat_ws(
        '; ', newest.index_missing_for, newest.spot_missing_for, newest.annualised_missing_for
    ) as missing_for
from newest
inner join gold.fct_basis as basis
    on
        newest.exchange_id = basis.exchange_id
        and newest.symbol = basis.symbol
        and newest.minute_at - interval '1 day' < basis.minute_at
        and newest.minute_at >= basis.minute_at
group by
    newest.exchange_id,
    newest.symbol,
    newest.contract_type,
    newest.marked_at,
    newest.mark_price,
    newest.index_basis_bps,
    newest.spot_basis_bps,
    newest.expires_at,
    newest.annualised_rate,
    newest.index_missing_for,
    newest.spot_missing_for,
    newest.annualised_missing_for
order by
    newest.annualised_rate desc nulls last,
    newest.exchange_id asc,
    newest.symbol asc;
