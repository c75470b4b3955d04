-- The minutes of a bucket that have a candle or a proof, by source, grade and proof.
with

candles as (

    select
        opened_at,
        source,
        evidence_grade
    from gold.fct_candles
    where
        exchange_id = %(exchange_id)s
        and symbol = %(symbol)s
        and timeframe = '1m'
        and opened_at >= %(opened_at)s
        and opened_at < %(ended_at)s

),

proofs as (

    select
        opened_at,
        proof,
        lost_trades_count
    from gold.fct_candle_proofs
    where
        exchange_id = %(exchange_id)s
        and symbol = %(symbol)s
        and opened_at >= %(opened_at)s
        and opened_at < %(ended_at)s

)

select
    candles.source,
    candles.evidence_grade,
    proofs.proof,
    count(*) as minutes_count,
    sum(proofs.lost_trades_count)::bigint as lost_trades_count,
    min(coalesce(candles.opened_at, proofs.opened_at)) as first_at,
    max(coalesce(candles.opened_at, proofs.opened_at)) as last_at
from candles
full join proofs
    on candles.opened_at = proofs.opened_at
group by
    candles.source,
    candles.evidence_grade,
    proofs.proof
order by
    minutes_count desc,
    first_at asc
