-- The spans of a feed that finished loads were answered for, in order.
-- $1 scope, $2 subject, $3 feed
with answered as (
    select range_agg(int8range(p.answered_from, p.answered_until)) as spans
    from {pages} as p
    where
        p.scope = $1
        and p.subject = $2
        and p.feed = $3
        and p.answered_from < p.answered_until
        and exists (
            select from ops.loads as l
            where l.schema_name = {schema} and l.load_id = p._dlt_load_id
        )
)

select
    lower(s.span) as from_value,
    upper(s.span) as until_value
from answered as a
cross join unnest(a.spans) as s (span)
order by from_value
