-- The end of what finished loads were answered for of a feed.
-- $1 scope, $2 subject, $3 feed
select p.answered_until
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
order by p.answered_until desc
limit 1
