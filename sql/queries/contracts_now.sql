-- What does each contract pay, how far is it marked from its index, and how much of it is open?
with

contracts as (

    select distinct on (exchange_id, symbol)
        exchange_id,
        symbol,
        contract_size,
        is_inverse
    from gold.dim_instruments
    where market_type in ('swap', 'future')
    order by exchange_id asc, symbol asc, valid_from desc

)

select
    contracts.symbol,
    contracts.exchange_id,
    marks.marked_at,
    marks.mark_price,
    round(marks.index_basis_bps, 2) as index_basis_bps,
    round(10000 * settled.rate, 4) as funding_bps,
    round(settled.interval_hours, 2) as interval_hours,
    round(100 * marks.annualised_rate, 2) as annualised_pct,
    round(
        coalesce(
            interest.open_interest_value,
            interest.open_interest * marks.mark_price,
            interest.open_interest_contracts * contracts.contract_size
            * case when contracts.is_inverse then 1 else marks.mark_price end
        )
    ) as open_value
from contracts
cross join
    lateral (
        select basis.*
        from gold.fct_basis as basis
        where
            basis.exchange_id = contracts.exchange_id
            and basis.symbol = contracts.symbol
        order by basis.minute_at desc
        limit 1
    ) as marks
left join gold.fct_funding as settled
    on
        marks.exchange_id = settled.exchange_id
        and marks.symbol = settled.symbol
        and marks.funding_due_at = settled.due_at
left join lateral (
    select observed.*
    from gold.fct_open_interest as observed
    where
        observed.exchange_id = contracts.exchange_id
        and observed.symbol = contracts.symbol
    order by observed.observed_at desc
    limit 1
) as interest on true
order by
    contracts.symbol,
    contracts.exchange_id;
