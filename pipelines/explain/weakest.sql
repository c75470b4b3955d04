-- The minutes of a bucket that are not proved, the most doubtful first.
with

candles as (

    select
        opened_at,
        source,
        evidence_grade,
        array_position(
            array['provisional', 'closed', 'confirmed', 'sealed'], evidence_grade
        ) as grade_rank
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
        lost_trades_count,
        reason,
        is_proven,
        array_position(array['lost trades', 'contradicted'], proof) as doubt_rank
    from gold.fct_candle_proofs
    where
        exchange_id = %(exchange_id)s
        and symbol = %(symbol)s
        and opened_at >= %(opened_at)s
        and opened_at < %(ended_at)s

)

select
    coalesce(candles.opened_at, proofs.opened_at) as opened_at,
    candles.source,
    candles.evidence_grade,
    proofs.proof,
    proofs.lost_trades_count,
    proofs.reason
from candles
full join proofs
    on candles.opened_at = proofs.opened_at
where proofs.is_proven is not true
order by
    proofs.doubt_rank asc nulls last,
    candles.grade_rank asc nulls first,
    opened_at asc
limit 10
