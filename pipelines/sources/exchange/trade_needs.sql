-- What is still to ask of a series' trades in [since, until): spans of nanoseconds, each
-- with the cursor at which an earlier load left off there, if one did.
-- $1 exchange_id, $2 symbol, $3 since_ns, $4 until_ns, $5 how many holes to ask for again
-- Only finished loads count: what of a refused one was committed never reaches silver.
with pages as (
    select
        p.request_id,
        p.answered_from_ns,
        p.answered_until_ns,
        p.next_cursor
    from bronze_exchange.trade_pages as p
    where
        p.exchange_id = $1
        and p.symbol = $2
        and p.answered_until_ns >= $3::bigint
        and exists (
            select from ops.loads as l
            where l.schema_name = 'bronze_exchange' and l.load_id = p._dlt_load_id
        )
),

extents as (
    select int8range(min(answered_from_ns), max(answered_until_ns)) as extent
    from pages
    group by request_id
),

asked as (
    select coalesce(range_agg(extent), int8multirange()) as spans
    from extents
),

answered as (
    select
        coalesce(
            range_agg(int8range(answered_from_ns, answered_until_ns)), int8multirange()
        ) as spans
    from pages
),

unanswered as (
    select
        a.spans as asked,
        int8multirange(int8range($3::bigint, $4::bigint)) - h.spans as spans
    from asked as a
    cross join answered as h
),

to_ask as (
    select
        fresh.span,
        false as is_hole
    from unanswered as u
    cross join unnest(u.spans - u.asked) as fresh (span)

    union all

    select
        hole.span,
        true as is_hole
    from unanswered as u
    cross join unnest(u.spans * u.asked) as hole (span)
),

numbered as (
    select
        span,
        is_hole,
        row_number() over (partition by is_hole order by lower(span) desc) as nth
    from to_ask
)

select
    lower(n.span) as from_ns,
    upper(n.span) as until_ns,
    (
        -- the lowest: what two loads left off at is asked for once more, not lost
        select p.next_cursor
        from pages as p
        where p.answered_until_ns = lower(n.span) and p.next_cursor is not null
        order by p.next_cursor::numeric
        limit 1
    ) as next_cursor
from numbered as n
where not n.is_hole or n.nth <= $5::bigint
order by from_ns
