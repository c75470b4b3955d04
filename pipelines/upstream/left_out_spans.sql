-- Runs of steps in [from, until) that answers of a feed spoke for and sent no row of, to ask
-- for again: oldest first.
-- $1 scope, $2 subject, $3 feed, $4 from, $5 until, $6 the step of its axis, $7 how far the
-- upstream's clock moves between readings that count as two, $8 whether to ask for all of
-- them, $9 how many to ask for otherwise: the newest that were left out by one reading
-- alone, and are longer than what two readings have told of the series. At random such a
-- run comes once in 1,000 steps: a series that is seldom traded is not asked for twice.
-- Only finished loads count: what of a refused one was committed never reaches silver.
with pages as (
    select
        p.answered_from,
        p.answered_until,
        p.rows_count,
        p.upstream_now_ms
    from {pages} as p
    where
        p.scope = $1
        and p.subject = $2
        and p.feed = $3
        and p.answered_until > $4::bigint
        and p.answered_from < $5::bigint
        and exists (
            select from ops.loads as l
            where l.schema_name = {schema} and l.load_id = p._dlt_load_id
        )
),

answered as (
    select int8multirange(int8range($4, $5)) * range_agg(int8range(answered_from, answered_until))
        as spans
    from pages
),

steps as (
    select
        s.step_at,
        max(p.upstream_now_ms) - min(p.upstream_now_ms) >= $7::bigint as is_told_twice
    from pages as p
    cross join lateral generate_series(
        greatest(p.answered_from, $4::bigint), least(p.answered_until, $5::bigint) - 1, $6::bigint
    ) as s (step_at)
    where p.rows_count * $6::bigint < p.answered_until - p.answered_from
    group by s.step_at
),

left_out as (
    select
        s.step_at,
        s.is_told_twice
    from steps as s
    where not exists (
        select
        from {rows} as r
        inner join ops.loads as l
            on r._dlt_load_id = l.load_id and l.schema_name = {schema}
        where r.{scope} = $1 and r.{subject} = $2 and r.{at} = s.step_at
    )
),

counted as (
    select
        (select coalesce(sum(upper(a.span) - lower(a.span)), 0) from unnest(answered.spans) as a (span))
        / $6::bigint - count(l.step_at) as rows_count,
        count(*) filter (where l.is_told_twice) as told_twice_count
    from answered
    left join left_out as l
        on true
    group by answered.spans
),

islands as (
    select
        step_at,
        step_at - $6::bigint * row_number() over (order by step_at) as island
    from left_out
    where $8::boolean or not is_told_twice
),

runs as (
    select
        min(step_at) as from_value,
        max(step_at) + $6::bigint as until_value,
        count(*) as steps_count
    from islands
    group by island
),

numbered as (
    select
        r.from_value,
        r.until_value,
        row_number() over (order by r.from_value desc) as nth
    from runs as r
    cross join counted as c
    where
        $8::boolean
        or r.steps_count * ln(
            greatest(c.told_twice_count, 1e-9) / (c.told_twice_count + greatest(c.rows_count, 1))
        ) < ln(0.001)
)

select
    from_value,
    until_value
from numbered
where $8::boolean or nth <= $9::bigint
order by from_value
