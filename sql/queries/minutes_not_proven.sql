-- Which minutes of the last day that is held are not proven, and why?
with

last_days as (

    select max(opened_date)::timestamp at time zone 'UTC' as started_at
    from gold.rpt_completeness

)

-- minutes of one reason are one row: where nothing was loaded, a day is
select
    proofs.exchange_id,
    proofs.symbol,
    proofs.proof,
    proofs.reason,
    count(*) as minutes_count,
    sum(proofs.lost_trades_count) as lost_trades_count,
    min(proofs.opened_at) as first_opened_at,
    max(proofs.opened_at) as last_opened_at
from gold.rpt_completeness as completeness
inner join last_days
    on completeness.opened_date::timestamp at time zone 'UTC' = last_days.started_at
inner join gold.fct_candle_proofs as proofs
    on
        completeness.exchange_id = proofs.exchange_id
        and completeness.symbol = proofs.symbol
        and last_days.started_at <= proofs.opened_at
        and last_days.started_at + interval '1 day' > proofs.opened_at
where not proofs.is_proven
group by
    proofs.exchange_id,
    proofs.symbol,
    proofs.proof,
    proofs.reason
order by
    proofs.exchange_id,
    proofs.symbol,
    first_opened_at,
    proofs.proof,
    proofs.reason;
