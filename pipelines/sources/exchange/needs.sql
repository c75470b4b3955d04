-- What is still to ask of a series in [since, until): spans of milliseconds.
-- $1 exchange_id, $2 symbol, $3 timeframe, $4 since_ms, $5 until_ms, $6 reread_ms,
-- $7 whether the venue has a window, $8 how many holes to ask for again
-- Only finished loads count: what of a refused one was committed never reaches silver.
with pages as (
    select
        p.request_id,
        p.asked_from_ms,
        p.asked_until_ms,
        p.answered_from_ms,
        p.answered_until_ms
    from bronze_exchange.ohlcv_pages as p
    where
        p.exchange_id = $1
        and p.symbol = $2
        and p.timeframe = $3
        and p.asked_until_ms > $4::bigint
        and exists (
            select from ops.loads as l
            where l.schema_name = 'bronze_exchange' and l.load_id = p._dlt_load_id
        )
),

first_answered as (
    select
        request_id,
        min(asked_from_ms) as asked_from_ms,
        min(answered_from_ms) as answered_from_ms
    from pages
    group by request_id
),

beyond_window as (
    select
        coalesce(
            range_agg(int8range(asked_from_ms, answered_from_ms)), int8multirange()
        ) as spans
    from first_answered
    where $7::boolean
),

held as (
    select
        coalesce(
            range_agg(int8range(answered_from_ms, answered_until_ms)), int8multirange()
        ) as answered,
        coalesce(range_agg(int8range(asked_from_ms, asked_until_ms)), int8multirange()) as asked
    from pages
),

asked_for as (
    select int8multirange(int8range($4::bigint, $5::bigint)) as wanted
),

settled as (
    select
        h.asked,
        w.wanted,
        h.answered * w.wanted as answered,
        h.answered + b.spans as done
    from held as h
    cross join beyond_window as b
    cross join asked_for as w
),

unanswered as (
    select
        s.answered,
        s.asked,
        u.span,
        u.span && s.asked and upper(u.span) <= upper(s.answered) as is_hole
    from settled as s
    cross join unnest(s.wanted - s.done) as u (span)
),

numbered as (
    select
        span,
        is_hole,
        row_number() over (partition by is_hole order by lower(span) desc) as nth
    from unanswered
),

to_ask as (
    select span
    from numbered
    where not coalesce(is_hole, false) or nth <= $8::bigint

    union all

    select int8range(upper(answered) - $6::bigint, upper(answered)) * int8range($4, $5) as span
    from settled
    where not isempty(answered)
)

select
    lower(span) as from_ms,
    upper(span) as until_ms
from to_ask
where not isempty(span)
order by from_ms, until_ms
