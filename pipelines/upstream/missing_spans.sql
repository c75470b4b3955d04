-- What is still to ask of a feed in [from, until): spans of its axis, each with the cursor
-- at which an earlier load left off there, if one did.
-- $1 scope, $2 subject, $3 feed, $4 from, $5 until, $6 how much of the end to read again,
-- $7 whether the upstream sends only the newest rows, $8 how many refused spans to ask for
-- again, $9 whether what lies beyond the last answer counts as never asked
-- Only finished loads count: what of a refused one was committed never reaches silver.
with pages as (
    select
        p.request_id,
        p.asked_from,
        p.asked_until,
        p.answered_from,
        p.answered_until,
        p.next_cursor
    from {pages} as p
    where
        p.scope = $1
        and p.subject = $2
        and p.feed = $3
        and p.asked_until >= $4::bigint
        and exists (
            select from ops.loads as l
            where l.schema_name = {schema} and l.load_id = p._dlt_load_id
        )
),

first_answered as (
    select
        request_id,
        min(asked_from) as asked_from,
        min(answered_from) as answered_from
    from pages
    group by request_id
),

beyond_window as (
    select coalesce(range_agg(int8range(asked_from, answered_from)), int8multirange()) as spans
    from first_answered
    where $7::boolean
),

covered as (
    select
        coalesce(range_agg(int8range(answered_from, answered_until)), int8multirange())
            as answered,
        coalesce(range_agg(int8range(asked_from, asked_until)), int8multirange()) as asked
    from pages
),

wanted as (
    select int8multirange(int8range($4::bigint, $5::bigint)) as spans
),

settled as (
    select
        c.asked,
        c.answered * w.spans as answered,
        w.spans - (c.answered + b.spans) as unanswered
    from covered as c
    cross join beyond_window as b
    cross join wanted as w
),

unanswered as (
    select
        fresh.span,
        false as is_refused
    from settled as s
    cross join unnest(s.unanswered - s.asked) as fresh (span)

    union all

    select
        refused.span,
        not $9::boolean or coalesce(upper(refused.span) <= upper(s.answered), false) as is_refused
    from settled as s
    cross join unnest(s.unanswered * s.asked) as refused (span)
),

numbered as (
    select
        span,
        is_refused,
        row_number() over (partition by is_refused order by lower(span) desc) as nth
    from unanswered
),

to_ask as (
    select span
    from numbered
    where not is_refused or nth <= $8::bigint

    union all

    select int8range(upper(answered) - $6::bigint, upper(answered)) * int8range($4, $5) as span
    from settled
    where not isempty(answered) and $6::bigint > 0
)

select
    lower(t.span) as from_value,
    upper(t.span) as until_value,
    (
        -- the lowest: what two loads left off at is asked for once more, not lost
        select p.next_cursor
        from pages as p
        where p.answered_until = lower(t.span) and p.next_cursor is not null
        order by p.next_cursor::numeric
        limit 1
    ) as next_cursor
from to_ask as t
where not isempty(t.span)
order by from_value, until_value
